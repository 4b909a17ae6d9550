/* SPDX-License-Identifier: Apache-2.0
 * Column `projections`: lists of promoted and suppressed tokens. The first varint of a row is kind * 2 + convention, and OUTSIDE when it is
 * not in the graph at the run's threshold. Scores are integers of 1e-4: the first of a list as it
 * is, then the steps to the next. */
#include <math.h>
#include <string.h>

#include "codec/codec.h"

#define SCORE_LIMIT 1e9
enum { OUTSIDE = 16 };

static const char *projection_problem(const hw_blob_info *info, const hw_projection *row) {
  if (row->kind > HW_COMPONENT_NEURON || row->convention > HW_CONVENTION_FROZEN) return "a projection of no known kind";
  if (row->layer >= info->frame.n_layers || row->position >= info->frame.n_tokens) return "a projection out of range";
  if (row->k > HW_MAX_LIST || row->index > HW_MAX_NEURONS) return "a projection out of range";
  return NULL;
}

/* One list; sign -1 for suppressed tokens, whose scores rise. */
static const char *list_scores(const float *scores, size_t k, int sign, uint32_t *steps, int64_t *first) {
  int64_t before = 0;
  for (size_t i = 0; i < k; i++) {
    if (!(fabs((double)scores[i]) <= SCORE_LIMIT)) return "a score that is not finite or above 1e9";
    int64_t score = llround((double)scores[i] * HW_SCORE_UNIT);
    if (i == 0) {
      *first = score;
      steps[0] = 0;
    } else {
      int64_t step = sign * (before - score);
      if (step < 0) return "scores out of order";
      if (step > UINT32_MAX) return "scores too far apart";
      steps[i] = (uint32_t)step;
    }
    before = score;
  }
  return NULL;
}

typedef struct lists {
  size_t n_tokens, n_steps, n_first;
  uint32_t *tokens, *steps;
  int64_t *first;
} lists;

static const char *collect(const hw_projection *rows, size_t n, lists *out) {
  for (size_t i = 0; i < n; i++) {
    for (int list = 0; list < 2; list++) {
      const int32_t *ids = list ? rows[i].suppresses : rows[i].promotes;
      const float *scores = list ? rows[i].suppress_scores : rows[i].promote_scores;
      const char *problem =
          list_scores(scores, rows[i].k, list ? -1 : 1, out->steps + out->n_steps, &out->first[out->n_first]);
      if (problem) return problem;
      for (size_t k = 0; k < rows[i].k; k++) {
        if (ids[k] < 0) return "a negative token id";
        out->tokens[out->n_tokens++] = (uint32_t)ids[k];
      }
      /* The first score of each list is in `first`: only the differences after it stay. */
      if (rows[i].k) {
        memmove(out->steps + out->n_steps, out->steps + out->n_steps + 1, (rows[i].k - 1u) * sizeof *out->steps);
        out->n_steps += rows[i].k - 1u;
        out->n_first++;
      }
    }
  }
  return NULL;
}

static unsigned width_of(const uint32_t *values, size_t n) {
  uint32_t all = 0;
  for (size_t i = 0; i < n; i++) all |= values[i];
  return all < 1u << 8 ? 1 : all < 1u << 16 ? 2 : all < 1u << 24 ? 3 : 4;
}

bool hw_encode_projections(hw_codec *codec, const hw_blob_info *info, const hw_projection *rows, size_t n, hw_buffer *out,
                           hw_error *err) {
  size_t capacity = 1;
  for (size_t i = 0; i < n; i++) {
    const char *problem = projection_problem(info, &rows[i]);
    if (problem) return hw_blob_fail(info, err, problem);
    capacity += 2u * rows[i].k;
  }
  hw_arena *arena = &codec->scratch;
  hw_arena_reset(arena);
  lists all = {.tokens = hw_arena_new(arena, uint32_t, capacity, err),
               .steps = hw_arena_new(arena, uint32_t, capacity, err),
               .first = hw_arena_new(arena, int64_t, 2 * n + 1, err)};
  if (!all.tokens || !all.steps || !all.first) return false;
  const char *problem = collect(rows, n, &all);
  if (problem) return hw_blob_fail(info, err, problem);
  hw_codec_begin(codec);
  hw_codec_varint(codec, n);
  for (size_t i = 0; i < n; i++) hw_codec_varint(codec, (unsigned)rows[i].kind << 1 | rows[i].convention | (rows[i].outside ? OUTSIDE : 0u));
  for (size_t i = 0; i < n; i++) hw_codec_varint(codec, rows[i].layer);
  for (size_t i = 0; i < n; i++) hw_codec_varint(codec, info->frame.n_tokens - 1 - rows[i].position);
  for (size_t i = 0; i < n; i++) hw_codec_varint(codec, rows[i].index);
  for (size_t i = 0; i < n; i++) hw_codec_varint(codec, rows[i].k);
  for (size_t i = 0; i < all.n_first; i++) hw_codec_zigzag(codec, all.first[i]);
  hw_codec_cut(codec, false);
  unsigned token_width = width_of(all.tokens, all.n_tokens), step_width = width_of(all.steps, all.n_steps);
  hw_codec_varint(codec, token_width << 4 | step_width);
  hw_codec_planes(codec, all.tokens, all.n_tokens, token_width, 0);
  hw_codec_planes(codec, all.steps, all.n_steps, step_width, step_width > 1);
  return hw_codec_finish(codec, info, out, err);
}

static bool read_rows(hw_reader *r, const hw_blob_info *info, hw_projections *out, size_t *n_tokens, size_t *n_lists,
                      hw_error *err) {
  size_t n = out->n_projections;
  hw_projection *rows = out->projections;
  uint64_t value;
  *n_tokens = *n_lists = 0;
  for (size_t i = 0; i < n; i++) {
    if ((value = hw_read_varint(r)) >= 2 * OUTSIDE || value % OUTSIDE > 2 * HW_COMPONENT_NEURON + 1) r->failed = true;
    rows[i].outside = value >= OUTSIDE;
    rows[i].kind = (uint8_t)(value % OUTSIDE >> 1);
    rows[i].convention = value & 1;
  }
  for (size_t i = 0; i < n; i++) {
    if ((value = hw_read_varint(r)) >= HW_MAX_LAYERS) r->failed = true;
    rows[i].layer = (uint16_t)value;
  }
  for (size_t i = 0; i < n; i++) {
    if ((value = hw_read_varint(r)) >= info->frame.n_tokens) r->failed = true;
    rows[i].position = info->frame.n_tokens - 1 - (uint32_t)value;
  }
  for (size_t i = 0; i < n; i++) {
    if ((value = hw_read_varint(r)) > HW_MAX_NEURONS) r->failed = true;
    rows[i].index = (uint32_t)value;
  }
  for (size_t i = 0; i < n; i++) {
    if ((value = hw_read_varint(r)) > HW_MAX_LIST) r->failed = true;
    rows[i].k = (uint16_t)value;
    *n_tokens += 2u * rows[i].k;
    if (value) *n_lists += 2;
  }
  if (r->failed) return hw_blob_fail(info, err, "the column is damaged");
  for (size_t i = 0; i < n; i++) {
    const char *problem = projection_problem(info, &rows[i]);
    if (problem) return hw_blob_fail(info, err, problem);
  }
  /* Every token takes at least a byte, so the length of the column bounds the memory. */
  if (*n_tokens > (size_t)(r->end - r->at)) return hw_blob_fail(info, err, "the column is cut short");
  return true;
}

static void leave_out_outside(hw_projections *all) {
  size_t n_rows = 0, n_tokens = 0;
  for (size_t i = 0, from = 0; i < all->n_projections; i++) {
    size_t n = 2u * all->projections[i].k;
    if (!all->projections[i].outside) {
      for (size_t t = 0; t < n; t++) {
        all->tokens[n_tokens] = all->tokens[from + t];
        all->tokens[n_tokens++].projection = (uint32_t)n_rows;
      }
      all->projections[n_rows++] = all->projections[i];
    }
    from += n;
  }
  all->n_projections = n_rows;
  all->n_tokens = n_tokens;
}

bool hw_decode_projections(const void *bytes, size_t length, hw_row_set wanted, hw_arena *arena, hw_blob_info *info, hw_projections *out,
                           hw_error *err) {
  *out = (hw_projections){0};
  hw_reader r;
  if (!hw_blob_open(bytes, length, "P", arena, info, &r, err)) return false;
  size_t n_tokens, n_lists;
  out->n_projections = hw_read_count(&r, 5);
  if (!(out->projections = hw_arena_znew(arena, hw_projection, out->n_projections, err))) return false;
  if (!read_rows(&r, info, out, &n_tokens, &n_lists, err)) return false;
  int64_t *first = hw_arena_new(arena, int64_t, n_lists, err);
  uint32_t *ids = hw_arena_new(arena, uint32_t, n_tokens, err), *steps = hw_arena_new(arena, uint32_t, n_tokens, err);
  out->tokens = hw_arena_new(arena, hw_projection_token, n_tokens, err);
  if (!first || !ids || !steps || !out->tokens) return false;
  for (size_t i = 0; i < n_lists; i++) {
    first[i] = hw_read_zigzag(&r);
    if (first[i] > 20 * (int64_t)SCORE_LIMIT * (int64_t)HW_SCORE_UNIT ||
        first[i] < -20 * (int64_t)SCORE_LIMIT * (int64_t)HW_SCORE_UNIT)
      return hw_blob_fail(info, err, "a score out of range");
  }
  uint64_t widths = hw_read_varint(&r);
  uint64_t token_width = widths >> 4, step_width = widths & 15;
  if (token_width < 1 || token_width > 4 || step_width < 1 || step_width > 4) return hw_blob_fail(info, err, "the column is damaged");
  hw_read_planes(&r, ids, n_tokens, (unsigned)token_width);
  hw_read_planes(&r, steps, n_tokens - n_lists, (unsigned)step_width);
  if (r.failed || r.at != r.end) return hw_blob_fail(info, err, "the column has the wrong length");
  size_t step = 0, list = 0, at = 0;
  for (size_t i = 0; i < out->n_projections; i++)
    for (int suppresses = 0; suppresses < 2; suppresses++) {
      int64_t score = 0;
      for (uint32_t k = 0; k < out->projections[i].k; k++, at++) {
        if (k == 0) score = first[list++];
        else score -= (suppresses ? -1 : 1) * (int64_t)steps[step++];
        if (ids[at] > INT32_MAX) return hw_blob_fail(info, err, "a token id out of range");
        out->tokens[at] = (hw_projection_token){.projection = (uint32_t)i,
                                                .suppresses = suppresses,
                                                .rank = k + 1,
                                                .token_id = (int32_t)ids[at],
                                                .score = score};
      }
    }
  out->n_tokens = n_tokens;
  if (wanted == HW_ROWS_IN_GRAPH) leave_out_outside(out);
  return true;
}
