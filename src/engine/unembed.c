/* SPDX-License-Identifier: Apache-2.0
 * Vectors to vocabulary scores, a panel of the vocabulary at a time so that scores are ranked while they are in cache. */
#include <math.h>
#include <string.h>

#include "headwater/model.h"
#include "tensor/kernels.h"

enum { PANEL_WIDTH = 2064, BLOCK = 64 }; /* whole panels of packed weights */

/* The k best so far, best first; sign -1 keeps the lowest. Of equal scores the lower id is kept. */
typedef struct best_list {
  uint32_t k, n;
  float sign;
  int32_t *ids;
  float *scores;
} best_list;

static void insert(best_list *list, int32_t id, float score) {
  float key = list->sign * score;
  if (list->n == list->k && !(key > list->sign * list->scores[list->n - 1])) return;
  if (list->n < list->k) list->n++;
  uint32_t place = list->n - 1;
  while (place > 0 && key > list->sign * list->scores[place - 1]) {
    list->scores[place] = list->scores[place - 1];
    list->ids[place] = list->ids[place - 1];
    place--;
  }
  list->scores[place] = score;
  list->ids[place] = id;
}

/* Most blocks have no score above the last of the list: comparing their maximum skips them. */
static void rank_panel(best_list *high, best_list *low, const float *scores, size_t n, size_t first_id) {
  for (size_t b = 0; b < n; b += BLOCK) {
    size_t count = n - b < BLOCK ? n - b : BLOCK;
    if (high->k && (high->n < high->k || hw_max(scores + b, count) > high->scores[high->n - 1]))
      for (size_t i = 0; i < count; i++) insert(high, (int32_t)(first_id + b + i), scores[b + i]);
    if (low->k && (low->n < low->k || hw_min(scores + b, count) < low->scores[low->n - 1]))
      for (size_t i = 0; i < count; i++) insert(low, (int32_t)(first_id + b + i), scores[b + i]);
  }
}

static size_t panel_width(const hw_model *model) {
  return model->config.vocab_out < PANEL_WIDTH ? (size_t)model->config.vocab_out : PANEL_WIDTH;
}

size_t hw_unembed_bytes(const hw_model *model) {
  return HW_REQUESTS_TOGETHER * (((size_t)model->config.d_model + panel_width(model)) * sizeof(float) + 2 * sizeof(best_list)) + 4 * (size_t)HW_ARENA_OVERHEAD;
}

static bool unembed(const hw_model *model, const hw_unembed_request *requests, size_t n, float *panel, hw_arena *arena, hw_error *err) {
  size_t d = (size_t)model->config.d_model, vocab = (size_t)model->config.vocab_out, stride = panel_width(model);
  size_t most = n < HW_REQUESTS_TOGETHER ? n : (size_t)HW_REQUESTS_TOGETHER;
  float *vectors = hw_arena_new(arena, float, most * d, err);
  float *scores = hw_arena_new(arena, float, most * stride, err);
  best_list *high = hw_arena_new(arena, best_list, most, err), *low = hw_arena_new(arena, best_list, most, err);
  if (!vectors || !scores || !high || !low) return false;
  for (size_t done = 0; done < n; done += most) {
    size_t rows = n - done < most ? n - done : most;
    for (size_t r = 0; r < rows; r++) {
      const hw_unembed_request *q = &requests[done + r];
      memcpy(vectors + r * d, q->vector, d * sizeof *vectors);
      uint32_t k = q->k < vocab ? q->k : (uint32_t)vocab;
      high[r] = (best_list){.k = q->promotes ? k : 0, .sign = 1, .ids = q->promotes, .scores = q->promote_scores};
      low[r] = (best_list){.k = q->suppresses ? k : 0, .sign = -1, .ids = q->suppresses, .scores = q->suppress_scores};
    }
    for (size_t v = 0; v < vocab; v += stride) {
      size_t width = vocab - v < stride ? vocab - v : stride;
      hw_matrix part = hw_matrix_outputs(&model->unembed, v, width);
      hw_gemm(&part, vectors, d, scores, stride, rows, panel);
      for (size_t r = 0; r < rows; r++) {
        const hw_unembed_request *q = &requests[done + r];
        float *row = scores + r * stride;
        for (size_t i = 0; i < width; i++) row[i] *= q->scale;
        if (q->with_beta) hw_add_bias(row, width, model->unembed_beta ? model->unembed_beta + v : NULL, 1, width);
        if (q->scores) memcpy(q->scores + v, row, width * sizeof *row);
        rank_panel(&high[r], &low[r], row, width, v);
      }
    }
  }
  return true;
}

bool hw_unembed(const hw_model *model, const hw_unembed_request *requests, size_t n, float *panel, hw_arena *arena, hw_error *err) {
  hw_arena work;
  hw_arena_init_inner(&work, arena);
  bool ok = unembed(model, requests, n, panel, &work, err);
  hw_arena_fini_inner(&work, arena);
  return ok;
}
