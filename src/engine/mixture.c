/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/mixture.h"

#include <string.h>

#include "base/real.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

double hw_shared_weight(double score) { return 1 / (1 + hw_exp(-score)); }

size_t hw_widest_expert(const hw_model_config *c) { return (size_t)(c->d_shared > c->d_expert ? c->d_shared : c->d_expert); }

typedef struct request {
  void *to; /* the address of a pointer, of one of several types: written as bytes */
  size_t count, size;
} request;

enum { N_REQUESTS = 8 };

static void list_requests(const hw_model *model, size_t n_rows, hw_mixture *m, request list[N_REQUESTS]) {
  const hw_model_config *c = &model->config;
  size_t d = (size_t)c->d_model, width = hw_widest_expert(c);
  const request all[N_REQUESTS] = {
      {&m->scores, n_rows * (size_t)c->n_experts, sizeof(float)}, {&m->x, n_rows * d, sizeof(float)},
      {&m->out, n_rows * d, sizeof(float)}, {&m->gate, n_rows * 2 * width, sizeof(float)},
      {&m->up, n_rows * width, sizeof(float)}, {&m->rows, n_rows, sizeof(size_t)},
      {&m->places, n_rows, sizeof(size_t)}, {&m->weights, n_rows, sizeof(float)}};
  memcpy(list, all, sizeof all);
}

size_t hw_mixture_bytes(const hw_model *model, size_t n_rows) {
  hw_mixture m;
  request list[N_REQUESTS];
  if (!model->config.n_experts) return 0;
  list_requests(model, n_rows, &m, list);
  size_t bytes = 0;
  for (int i = 0; i < N_REQUESTS; i++) bytes += list[i].count * list[i].size + HW_ARENA_OVERHEAD;
  return bytes;
}

bool hw_mixture_open(const hw_model *model, size_t n_rows, hw_arena *arena, hw_mixture *m, hw_error *err) {
  request list[N_REQUESTS];
  if (!model->config.n_experts) return true;
  list_requests(model, n_rows, m, list);
  for (int i = 0; i < N_REQUESTS; i++) {
    void *memory = hw_arena_alloc(arena, list[i].count, list[i].size, err);
    if (!memory) return false;
    memcpy(list[i].to, &memory, sizeof memory);
  }
  return true;
}

/* The experts with the highest scores, ties to the lowest, put in their own order with their share of the softmax over all. */
static void route(const hw_model_config *c, const float *scores, int32_t *experts, float *routing) {
  size_t n = (size_t)c->n_experts, used = (size_t)c->experts_used;
  double sum = 0, sum_used = 0;
  float largest = hw_max(scores, n);
  for (size_t e = 0; e < n; e++) sum += hw_exp((double)scores[e] - (double)largest);
  for (size_t s = 0; s < used; s++) {
    int32_t best = -1;
    for (size_t e = 0; e < n; e++) {
      bool taken = false;
      for (size_t t = 0; t < s && !taken; t++) taken = experts[t] == (int32_t)e;
      if (!taken && (best < 0 || scores[e] > scores[best])) best = (int32_t)e;
    }
    experts[s] = best;
  }
  for (size_t s = 1; s < used; s++)
    for (size_t t = s; t > 0 && experts[t] < experts[t - 1]; t--) {
      int32_t swap = experts[t];
      experts[t] = experts[t - 1];
      experts[t - 1] = swap;
    }
  for (size_t s = 0; s < used; s++) sum_used += hw_exp((double)scores[experts[s]] - (double)largest);
  for (size_t s = 0; s < used; s++)
    routing[s] = (float)(hw_exp((double)scores[experts[s]] - (double)largest) / (c->experts_normed ? sum_used : sum));
}

/* Lists the rows that use an expert, and copies them to x. */
static size_t gather(const hw_mixture *m, const hw_activations *acts, size_t layer, size_t part, const float *normed) {
  const hw_model_config *c = &acts->model->config;
  size_t d = (size_t)c->d_model, used = (size_t)c->experts_used, n = 0;
  for (size_t r = 0; r < acts->batch.n_rows; r++) {
    size_t place;
    if (!hw_ffn_part_place(acts, layer, r, part, &place)) continue;
    m->rows[n] = r;
    m->places[n] = place;
    m->weights[n] = part < (size_t)c->n_experts ? acts->routing[layer][r * used + place / (size_t)c->d_expert] : 1.0f;
    memcpy(m->x + n * d, normed + r * d, d * sizeof *normed);
    n++;
  }
  return n;
}

void hw_expert_project(const hw_expert *expert, const float *x, size_t d, size_t width, size_t n, float *gate, float *up, const hw_team *team) {
  if (!expert->w_gate_in.data) {
    hw_team_gemm(&expert->w_gate, x, d, gate, width, n, team);
    hw_team_gemm(&expert->w_in, x, d, up, width, n, team);
    return;
  }
  hw_team_gemm(&expert->w_gate_in, x, d, gate, 2 * width, n, team);
  hw_add_bias(gate, 2 * width, expert->b_gate_in, n, 2 * width);
  for (size_t r = 0; r < n; r++) /* in place: a row's gates end before the next row's outputs begin */
    for (size_t i = 0; i < width; i++) {
      float first = gate[r * 2 * width + 2 * i];
      up[r * width + i] = gate[r * 2 * width + 2 * i + 1];
      gate[r * width + i] = first;
    }
}

static void run_expert(const hw_mixture *m, const hw_activations *acts, size_t layer, size_t part, const float *normed, float *added, const hw_team *team) {
  const hw_model_config *c = &acts->model->config;
  const hw_expert *expert = &acts->model->layers[layer].experts[part];
  size_t d = (size_t)c->d_model, width = hw_ffn_part_size(c, part), active = hw_active_neurons(c), n = gather(m, acts, layer, part, normed);
  if (n == 0) return;
  if (part == (size_t)c->n_experts) { /* the shared expert's own gate */
    hw_team_gemm(&acts->model->layers[layer].w_shared_router, m->x, d, m->gate, 1, n, team);
    for (size_t r = 0; r < n; r++) m->weights[r] = (float)hw_shared_weight((double)m->gate[r]);
  }
  hw_expert_project(expert, m->x, d, width, n, m->gate, m->up, team);
  for (size_t r = 0; r < n; r++) {
    float *a = m->gate + r * width;
    if (c->glu_limit > 0) {
      hw_clamped_glu(a, m->up + r * width, (float)c->glu_limit, width);
    } else {
      hw_activate(c->activation, a, width);
      hw_multiply(a, m->up + r * width, width);
    }
    hw_scale(a, m->weights[r], width);
    memcpy(acts->neurons[layer] + m->rows[r] * active + m->places[r], a, width * sizeof *a);
  }
  hw_team_gemm(&expert->w_out, m->gate, width, m->out, d, n, team);
  for (size_t r = 0; r < n; r++) {
    float *sum = added + m->rows[r] * d;
    for (size_t i = 0; i < d; i++) sum[i] += m->out[r * d + i];
    for (size_t i = 0; expert->b_out && i < d; i++) sum[i] += m->weights[r] * expert->b_out[i];
  }
}

void hw_mixture_run(const hw_mixture *m, const hw_activations *acts, size_t layer, const float *normed, float *added, const hw_team *team) {
  const hw_model_config *c = &acts->model->config;
  size_t n = acts->batch.n_rows, d = (size_t)c->d_model, n_experts = (size_t)c->n_experts, used = (size_t)c->experts_used;
  hw_team_gemm(&acts->model->layers[layer].w_router, normed, d, m->scores, n_experts, n, team);
  hw_add_bias(m->scores, n_experts, acts->model->layers[layer].b_router, n, n_experts);
  for (size_t r = 0; r < n; r++) route(c, m->scores + r * n_experts, acts->experts[layer] + r * used, acts->routing[layer] + r * used);
  memset(added, 0, n * d * sizeof *added);
  for (size_t part = 0; part < hw_ffn_parts(c); part++) run_expert(m, acts, layer, part, normed, added, team);
}
