/* SPDX-License-Identifier: Apache-2.0
 * How answers stand layer by layer, summed over prompts. */
#include <inttypes.h>
#include <math.h>

#include "codec/codec.h"
#include "store/encoded.h"

enum { DIFFERENCE_SPLIT = 40 }; /* diff_ssq = hi * 2^40 + lo */

static void add_difference(hw_difference_sums *sums, int64_t difference) {
  sums->n_foil++;
  sums->n_beats += difference > 0;
  sums->n_ties += difference == 0;
  sums->diff_sum += difference;
  unsigned __int128 square = (unsigned __int128)((__int128)difference * difference);
  sums->diff_ssq_hi += (int64_t)(square >> DIFFERENCE_SPLIT);
  sums->diff_ssq_lo += (int64_t)(square & ((UINT64_C(1) << DIFFERENCE_SPLIT) - 1));
}

/* Counts from the numbers as they are stored, so that a database derived from this one has the same sums. */
static void add_answer(hw_answer_sums *sums, const hw_lens_score *answer, bool first, bool settled) {
  int64_t probability = hw_micro(answer->probability);
  sums->n++;
  sums->n_top += answer->rank == 1;
  sums->n_first += first;
  sums->n_settled += settled;
  sums->rank_sum += answer->rank;
  sums->probability_sum += probability;
  sums->probability_ssq += probability * probability;
}

/* A cut answer is in none of the first three. Where both are cut, what differs is not known. */
static void add_whole_answer(hw_whole_answer_sums *sums, const hw_prompt_record *prompt) {
  bool whole = !prompt->answer.cut, shared = prompt->contrast.n_shared > 0;
  sums->n += whole;
  sums->n_several += whole && prompt->answer.n_tokens > 1;
  sums->n_greedy += prompt->answer.greedy;
  sums->n_shared += shared;
  sums->n_contained += shared && isnan(prompt->contrast.logit_diff) && (whole || !prompt->foil.cut);
  if (isfinite(prompt->contrast.log_probability_diff)) add_difference(&sums->difference, hw_lens_logit(prompt->contrast.log_probability_diff));
}

static hw_lens_score score_of(const hw_answer_record *answer) {
  return (hw_lens_score){.logit = (double)answer->logit, .probability = (double)answer->probability, .rank = answer->rank};
}

static bool sane(const hw_lens_score *score) {
  return fabs(score->logit) <= 1e9 && score->probability >= 0 && score->probability <= 1.0001 && score->rank > 0;
}

static bool sane_lens(const hw_answer_lens *lens, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!sane(&lens->answer[i]) || (lens->foil && !sane(&lens->foil[i])) || (lens->difference && !(fabs(lens->difference[i]) <= 1e9)))
      return false;
  return true;
}

bool hw_chunk_sums_add_answer(hw_chunk_sums *sums, const hw_prompt_record *prompt, hw_error *err) {
  if (prompt->answer.token_id < 0) return true;
  size_t n = sums->n_layers, first_layer = 0;
  hw_lens_score answer_last = score_of(&prompt->answer), foil_last = score_of(&prompt->foil);
  double difference_last = (double)prompt->contrast.logit_diff;
  hw_answer_lens lens = prompt->lens;
  bool has_lens = lens.answer != NULL, has_foil = isfinite(prompt->contrast.logit_diff), was_top = false;
  if (!has_lens) { /* only the last layer is known */
    lens = (hw_answer_lens){&answer_last, has_foil ? &foil_last : NULL, has_foil && prompt->contrast.n_shared ? &difference_last : NULL};
    first_layer = n - 1;
  }
  size_t settled = n;
  while (has_lens && settled > 0 && lens.answer[settled - 1].rank == 1) settled--;
  if (!sane_lens(&lens, n - first_layer) || fabs(prompt->contrast.log_probability_diff) > 1e9)
    return hw_fail(err, HW_ERROR_INPUT, "prompt %" PRId64 ": a measure of its answer is not finite", prompt->prompt_id);
  size_t group = 1 + (size_t)prompt->group_id;
  for (size_t i = 0; i < n - first_layer; i++) {
    hw_answer_sums *of_layer = &sums->answers[group * n + first_layer + i];
    bool top = lens.answer[i].rank == 1, first = has_lens && top && !was_top, settles = has_lens && i == settled;
    was_top |= top;
    add_answer(of_layer, &lens.answer[i], first, settles);
    if (lens.foil) add_difference(&of_layer->difference, hw_lens_difference(&lens, i));
  }
  add_whole_answer(&sums->whole_answers[group], prompt);
  return true;
}
