/* SPDX-License-Identifier: Apache-2.0
 * Vectors to vocabulary scores, a panel of the vocabulary at a time so that scores are ranked while they are in cache. */
#include <math.h>
#include <string.h>

#include "engine/best.h"
#include "engine/screen.h"
#include "headwater/model.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

enum { PANEL_WIDTH = 2064, BLOCK = 64 }; /* whole panels of packed weights */

/* Most blocks have no score above the last of the list: comparing their maximum skips them. */
static void rank_panel(hw_best *high, hw_best *low, const float *scores, size_t n, size_t first_id) {
  for (size_t b = 0; b < n; b += BLOCK) {
    size_t count = n - b < BLOCK ? n - b : BLOCK;
    if (high->k && (high->n < high->k || hw_max(scores + b, count) > high->scores[high->n - 1]))
      for (size_t i = 0; i < count; i++) hw_best_add(high, (int32_t)(first_id + b + i), scores[b + i]);
    if (low->k && (low->n < low->k || hw_min(scores + b, count) < low->scores[low->n - 1]))
      for (size_t i = 0; i < count; i++) hw_best_add(low, (int32_t)(first_id + b + i), scores[b + i]);
  }
}

static size_t panel_width(const hw_model *model) {
  return model->config.vocab_out < PANEL_WIDTH ? (size_t)model->config.vocab_out : PANEL_WIDTH;
}

size_t hw_unembed_bytes(const hw_model *model) {
  size_t of_request = ((size_t)model->config.d_model + panel_width(model)) * sizeof(float) + 2 * sizeof(hw_best) + sizeof(hw_unembed_request *);
  return HW_REQUESTS_TOGETHER * of_request + 5 * (size_t)HW_ARENA_OVERHEAD + (model->screen ? hw_screen_work_bytes(model) : 0);
}

/* Work space of scores that are computed in full. */
typedef struct full {
  float *vectors, *scores;
  hw_best *high, *low;
} full;

static bool full_init(full *f, const hw_model *model, size_t n, hw_arena *arena, hw_error *err) {
  f->vectors = hw_arena_new(arena, float, n * (size_t)model->config.d_model, err);
  f->scores = hw_arena_new(arena, float, n * panel_width(model), err);
  f->high = hw_arena_new(arena, hw_best, n, err);
  f->low = hw_arena_new(arena, hw_best, n, err);
  return f->vectors && f->scores && f->high && f->low;
}

/* A panel of the vocabulary, from token `first` on. */
typedef struct full_panel {
  const hw_model *model;
  const full *f;
  const hw_unembed_request *const *requests;
  size_t first, width, stride;
} full_panel;

static void rank_requests(void *context, size_t begin, size_t end, const hw_member *member) {
  const full_panel *p = context;
  const float *beta = p->model->unembed_beta;
  (void)member;
  for (size_t r = begin; r < end; r++) {
    const hw_unembed_request *q = p->requests[r];
    float *row = p->f->scores + r * p->stride;
    for (size_t i = 0; i < p->width; i++) row[i] *= q->scale;
    if (q->with_beta) hw_add_bias(row, p->width, beta ? beta + p->first : NULL, 1, p->width);
    if (q->scores) memcpy(q->scores + p->first, row, p->width * sizeof *row);
    rank_panel(&p->f->high[r], &p->f->low[r], row, p->width, p->first);
  }
}

static void unembed_in_full(const hw_model *model, const full *f, const hw_unembed_request *const *requests, size_t n, const hw_team *team) {
  enum { LEAST = 16 }; /* requests of a part */
  size_t d = (size_t)model->config.d_model, vocab = (size_t)model->config.vocab_out, stride = panel_width(model);
  for (size_t r = 0; r < n; r++) {
    memcpy(f->vectors + r * d, requests[r]->vector, d * sizeof *f->vectors);
    f->high[r] = hw_best_of(requests[r], 1, vocab);
    f->low[r] = hw_best_of(requests[r], -1, vocab);
  }
  for (size_t v = 0; n && v < vocab; v += stride) {
    size_t width = vocab - v < stride ? vocab - v : stride;
    hw_matrix part = hw_matrix_outputs(&model->unembed, v, width);
    hw_team_gemm(&part, f->vectors, d, f->scores, stride, n, team);
    full_panel ranked = {.model = model, .f = f, .requests = requests, .first = v, .width = width, .stride = stride};
    hw_divide(team, n, LEAST, rank_requests, &ranked);
  }
}

static bool unembed(const hw_model *model, const hw_unembed_request *requests, size_t n, const hw_team *team, hw_arena *arena, hw_error *err) {
  size_t most = n < HW_REQUESTS_TOGETHER ? n : (size_t)HW_REQUESTS_TOGETHER;
  const hw_unembed_request **left = hw_arena_new(arena, const hw_unembed_request *, most, err);
  struct hw_screen *screen = model->screen ? hw_screen_new(model, most, arena, err) : NULL;
  full f;
  if (!left || (model->screen && !screen) || !full_init(&f, model, most, arena, err)) return false;
  for (size_t done = 0; done < n; done += most) {
    size_t count = n - done < most ? n - done : most, n_left = 0;
    if (screen) n_left = hw_screen_answer(screen, requests + done, count, done, left);
    for (; !screen && n_left < count; n_left++) left[n_left] = &requests[done + n_left];
    unembed_in_full(model, &f, left, n_left, team);
  }
  return true;
}

bool hw_unembed(const hw_model *model, const hw_unembed_request *requests, size_t n, const hw_team *team, hw_arena *arena, hw_error *err) {
  hw_arena work;
  hw_arena_init_inner(&work, arena);
  bool ok = unembed(model, requests, n, team, &work, err);
  hw_arena_fini_inner(&work, arena);
  return ok;
}
