/* SPDX-License-Identifier: Apache-2.0
 * How answers stand layer by layer, summed over prompts. */
#include <inttypes.h>
#include <math.h>

#include "codec/codec.h"
#include "store/encoded.h"

enum { DIFFERENCE_SPLIT = 40 }; /* diff_ssq = hi * 2^40 + lo */

static void add_square(hw_answer_sums *sums, int64_t difference) {
  unsigned __int128 square = (unsigned __int128)((__int128)difference * difference);
  sums->diff_ssq_hi += (int64_t)(square >> DIFFERENCE_SPLIT);
  sums->diff_ssq_lo += (int64_t)(square & ((UINT64_C(1) << DIFFERENCE_SPLIT) - 1));
}

/* Counts from the numbers as they are stored, so that a database derived from this one has the same sums. */
static void add_answer(hw_answer_sums *sums, const hw_lens_score *answer, const hw_lens_score *foil, bool first, bool settled) {
  int64_t probability = hw_micro(answer->probability);
  sums->n++;
  sums->n_top += answer->rank == 1;
  sums->n_first += first;
  sums->n_settled += settled;
  sums->rank_sum += answer->rank;
  sums->probability_sum += probability;
  sums->probability_ssq += probability * probability;
  if (!foil) return;
  int64_t difference = hw_lens_logit(answer->logit) - hw_lens_logit(foil->logit);
  sums->n_foil++;
  sums->n_beats += difference > 0;
  sums->diff_sum += difference;
  add_square(sums, difference);
}

static hw_lens_score score_of(const hw_answer_record *answer) {
  return (hw_lens_score){.logit = (double)answer->logit, .probability = (double)answer->probability, .rank = answer->rank};
}

static bool sane(const hw_lens_score *score) {
  return !score || (fabs(score->logit) <= 1e9 && score->probability >= 0 && score->probability <= 1.0001 && score->rank > 0);
}

/* Scores of one prompt's answer or foil at a layer; where no lens was given, only the last layer is known. */
static const hw_lens_score *score_at(const hw_lens_score *lens, const hw_lens_score *last, size_t layer, size_t n) {
  return lens ? &lens[layer] : last && layer == n - 1 ? last : NULL;
}

bool hw_chunk_sums_add_answer(hw_chunk_sums *sums, const hw_prompt_record *prompt, hw_error *err) {
  if (prompt->answer.token_id < 0) return true;
  size_t n = sums->n_layers, settled = n;
  bool has_lens = prompt->answer_lens != NULL, was_top = false;
  hw_lens_score answer_last = score_of(&prompt->answer), foil_last = score_of(&prompt->foil);
  while (has_lens && settled > 0 && prompt->answer_lens[settled - 1].rank == 1) settled--;
  for (size_t layer = has_lens ? 0 : n - 1; layer < n; layer++) {
    const hw_lens_score *answer = score_at(prompt->answer_lens, &answer_last, layer, n);
    const hw_lens_score *foil = score_at(prompt->foil_lens, prompt->foil.token_id >= 0 ? &foil_last : NULL, layer, n);
    if (!sane(answer) || !sane(foil))
      return hw_fail(err, HW_ERROR_INPUT, "prompt %" PRId64 ": a measure of its answer is not finite", prompt->prompt_id);
    bool top = answer->rank == 1, first = has_lens && top && !was_top, settles = has_lens && layer == settled;
    was_top |= top;
    add_answer(&sums->answers[(1 + prompt->group_id) * n + layer], answer, foil, first, settles);
  }
  return true;
}
