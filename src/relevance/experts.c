/* SPDX-License-Identifier: Apache-2.0
 * The backward pass through a mixture of experts. What neurons take in is computed again: those of an expert that one of two runs uses are wanted
 * in both. */
#include <math.h>
#include <string.h>

#include "engine/mixture.h"
#include "relevance/ffn.h"
#include "relevance/routing.h"
#include "relevance/secant.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

static const float GLU_STEEPNESS = 1.702f; /* of hw_clamped_glu */

typedef struct hw_experts {
  float *inputs[HW_RUNS]; /* [rows, d_model] what the norm gave */
  float *scores[HW_RUNS]; /* [rows, n_experts] of the router */
  double *worth;          /* [rows, n_experts] co-vectors of the weights */
  float *pulled;          /* [rows, n_experts] co-vectors of the scores */
  hw_ranked *ranked;      /* [rows, k] */
  size_t *n_ranked, k;    /* [rows] */
  /* Of the expert at work, for the rows that use it in one of the runs: */
  size_t *list, n;           /* which these are, in the block */
  float *weights[HW_RUNS];   /* [rows] 0 where a run does not use it */
  double *of_weights;        /* [rows] */
  float *x, *back;           /* [rows, d_model] */
  float *gates[HW_RUNS], *ups[HW_RUNS]; /* [rows, twice the widest expert], [rows, the widest expert] as W_gate and W_in give them */
  float *neurons, *of_gates; /* [rows, the widest], [rows, twice]: co-vectors of a, then of u; of p */
  /* Of a row, [the widest]: */
  float *gate[HW_RUNS], *up[HW_RUNS]; /* the two factors of a */
  float *limited[HW_RUNS], *gate_slope, *up_slope, *zeros;
} hw_experts;

/* Neurons that are listed of a row. */
static size_t most_ranked(const hw_model_config *c, const hw_relevance_settings *settings) {
  size_t active = HW_RUNS * hw_active_neurons(c);
  return settings->top_neurons < active ? settings->top_neurons : active;
}

enum { N_FLOATS = 24 };

typedef struct float_matrix {
  float **to;
  size_t cells;
} float_matrix;

static void list_matrices(const hw_model_config *c, size_t n, hw_experts *w, float_matrix list[N_FLOATS]) {
  size_t d = n * (size_t)c->d_model, scores = n * (size_t)c->n_experts, width = hw_widest_expert(c), wide = n * width;
  const float_matrix all[N_FLOATS] = {
      {&w->inputs[0], d}, {&w->inputs[1], d}, {&w->scores[0], scores}, {&w->scores[1], scores}, {&w->pulled, scores}, {&w->weights[0], n}, {&w->weights[1], n},
      {&w->x, d}, {&w->back, d}, {&w->gates[0], 2 * wide}, {&w->gates[1], 2 * wide}, {&w->ups[0], wide}, {&w->ups[1], wide}, {&w->neurons, wide},
      {&w->of_gates, 2 * wide}, {&w->gate[0], width}, {&w->gate[1], width}, {&w->up[0], width}, {&w->up[1], width}, {&w->limited[0], width},
      {&w->limited[1], width}, {&w->gate_slope, width}, {&w->up_slope, width}, {&w->zeros, width}};
  memcpy(list, all, sizeof all);
}

bool hw_experts_open(const hw_pass *pass, size_t n, hw_experts **experts) {
  const hw_model_config *c = &pass->model->config;
  hw_experts *w = *experts = hw_arena_znew(pass->work, hw_experts, 1, pass->err);
  float_matrix list[N_FLOATS];
  if (!w) return false;
  list_matrices(c, n, w, list);
  for (size_t i = 0; i < N_FLOATS; i++)
    if (!(*list[i].to = hw_arena_new(pass->work, float, list[i].cells, pass->err))) return false;
  memset(w->zeros, 0, hw_widest_expert(c) * sizeof *w->zeros);
  w->k = most_ranked(c, pass->settings);
  w->worth = hw_arena_new(pass->work, double, n * (size_t)c->n_experts, pass->err);
  w->of_weights = hw_arena_new(pass->work, double, n, pass->err);
  w->ranked = hw_arena_new(pass->work, hw_ranked, n * w->k, pass->err);
  w->n_ranked = hw_arena_new(pass->work, size_t, n, pass->err);
  w->list = hw_arena_new(pass->work, size_t, n, pass->err);
  return w->worth && w->of_weights && w->ranked && w->n_ranked && w->list;
}

size_t hw_experts_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t n) {
  const hw_model_config *c = &model->config;
  hw_experts w;
  float_matrix list[N_FLOATS];
  list_matrices(c, n, &w, list);
  size_t bytes = sizeof w + n * ((size_t)c->n_experts * sizeof(double) + sizeof(double) + most_ranked(c, settings) * sizeof(hw_ranked) + 2 * sizeof(size_t)) +
                 (N_FLOATS + 6) * (size_t)HW_ARENA_OVERHEAD;
  for (size_t i = 0; i < N_FLOATS; i++) bytes += list[i].cells * sizeof(float);
  return bytes;
}

static int last_run(const hw_pass *pass) { return pass->contrast ? 1 : 0; }
static bool is_shared(const hw_pass *pass, size_t part) { return part == (size_t)pass->model->config.n_experts; }

/* The weight of a routed expert in a row of one run. */
static float weight_of(const hw_pass *pass, const hw_ffn_block *b, size_t part, int run, size_t i) {
  const hw_model_config *c = &pass->model->config;
  size_t row = hw_ffn_row(b, run, i), place;
  if (!hw_ffn_part_place(pass->acts, b->layer, row, part, &place)) return 0;
  return pass->acts->routing[b->layer][row * (size_t)c->experts_used + place / (size_t)c->d_expert];
}

static bool uses(const hw_pass *pass, const hw_ffn_block *b, size_t part, int run, size_t i) {
  size_t place;
  return hw_ffn_part_place(pass->acts, b->layer, hw_ffn_row(b, run, i), part, &place);
}

/* Lists the rows that use the expert in a run up to `last`, and its weights there. */
static void gather(const hw_pass *pass, const hw_ffn_block *b, hw_experts *w, size_t part) {
  w->n = 0;
  for (size_t i = 0; i < b->n; i++) {
    if (!uses(pass, b, part, 0, i) && !uses(pass, b, part, last_run(pass), i)) continue;
    for (int run = 0; run <= last_run(pass) && !is_shared(pass, part); run++) w->weights[run][w->n] = weight_of(pass, b, part, run, i);
    w->list[w->n++] = i;
  }
}

static void copy_rows(const hw_experts *w, const float *from, size_t width, float *to) {
  for (size_t r = 0; r < w->n; r++) memcpy(to + r * width, from + w->list[r] * width, width * sizeof *to);
}

/* ---- The two factors of a neuron ---- */

/* What the expert's neurons take in, in one run. */
static void run_expert(const hw_pass *pass, const hw_ffn_block *b, hw_experts *w, size_t part, int run) {
  const hw_layer *layer = &pass->model->layers[b->layer];
  size_t d = (size_t)pass->model->config.d_model, width = hw_ffn_part_size(&pass->model->config, part);
  copy_rows(w, w->inputs[run], d, w->x);
  if (is_shared(pass, part)) hw_team_gemm(&layer->w_shared_router, w->x, d, w->weights[run], 1, w->n, pass->team);
  hw_expert_project(&layer->experts[part], w->x, d, width, w->n, w->gates[run], w->ups[run], pass->team);
}

/* act(p) and u of a row, or with a limit its GLU's factors. */
static void factors(const hw_pass *pass, const hw_experts *w, size_t r, int run, size_t width) {
  const hw_model_config *c = &pass->model->config;
  const float *p = w->gates[run] + r * width, *u = w->ups[run] + r * width;
  float *gate = w->gate[run], *up = w->up[run], *limited = w->limited[run];
  memcpy(gate, p, width * sizeof *gate);
  memcpy(up, u, width * sizeof *up);
  if (!(c->glu_limit > 0)) {
    hw_activate(c->activation, gate, width);
    return;
  }
  float most = (float)c->glu_limit;
  hw_clamped_glu(gate, w->zeros, most, width);
  for (size_t k = 0; k < width; k++) limited[k] = p[k] > most ? most : p[k];
  hw_clip(up, most, width);
  for (size_t k = 0; k < width; k++) up[k] += 1;
}

/* The slopes of both. */
static void find_slopes(const hw_pass *pass, const hw_experts *w, size_t r, size_t width) {
  const hw_model_config *c = &pass->model->config;
  int other = last_run(pass);
  const float *p[HW_RUNS] = {w->gates[0] + r * width, w->gates[other] + r * width}, *u[HW_RUNS] = {w->ups[0] + r * width, w->ups[other] + r * width};
  if (!(c->glu_limit > 0)) {
    hw_ffn_slopes(pass, c->activation, 1, p[0], p[1], w->gate[0], w->gate[other], width, w->gate_slope);
    for (size_t k = 0; k < width; k++) w->up_slope[k] = 1;
    return;
  }
  hw_ffn_slopes(pass, HW_ACT_SILU, GLU_STEEPNESS, w->limited[0], w->limited[other], w->gate[0], w->gate[other], width, w->gate_slope);
  for (size_t k = 0; k < width; k++) {
    double to_p = pass->contrast ? (double)p[1][k] : 0, to_u = pass->contrast ? (double)u[1][k] : 0;
    w->gate_slope[k] *= (float)hw_limit_secant((double)p[0][k], to_p, -INFINITY, c->glu_limit);
    w->up_slope[k] = (float)hw_limit_secant((double)u[0][k], to_u, -c->glu_limit, c->glu_limit);
  }
}

/* ---- One expert ---- */

static void rank_neurons(const hw_pass *pass, const hw_ffn_block *b, hw_experts *w, size_t part, size_t r) {
  size_t i = w->list[r], width = hw_ffn_part_size(&pass->model->config, part), first = part * (size_t)pass->model->config.d_expert;
  const float *g = w->neurons + r * width;
  int other = last_run(pass);
  double own = (double)w->weights[0][r], its = pass->contrast ? (double)w->weights[1][r] : 0;
  if (!b->kept[i] || w->k == 0) return;
  for (size_t k = 0; k < width; k++) {
    double difference = own * (double)w->gate[0][k] * (double)w->up[0][k] - its * (double)w->gate[other][k] * (double)w->up[other][k];
    w->n_ranked[i] = hw_ffn_rank(w->ranked + i * w->k, w->n_ranked[i], w->k, (hw_ranked){difference * (double)g[k], first + k});
  }
}

/* What the expert's weight is worth in a row: the mean of what it would add in both runs. */
static double worth(const hw_ffn_block *b, const hw_experts *w, const hw_expert *expert, size_t r, size_t width, size_t d) {
  const float *g = w->neurons + r * width;
  double sum = expert->b_out ? hw_difference_dot(expert->b_out, NULL, b->behind + w->list[r] * d, d) : 0;
  for (size_t k = 0; k < width; k++)
    sum += ((double)w->gate[0][k] * (double)w->up[0][k] + (double)w->gate[1][k] * (double)w->up[1][k]) / 2 * (double)g[k];
  return sum;
}

/* Answer relevance: what the expert's biases are worth. of_ones: of the 1 that a limited GLU adds to u. */
static void note_biases(const hw_pass *pass, const hw_ffn_block *b, const hw_experts *w, const hw_expert *expert, size_t r, size_t width, double of_ones) {
  size_t i = w->list[r], d = (size_t)pass->model->config.d_model;
  const float *of_gate = w->of_gates + r * width, *of_up = w->neurons + r * width;
  double sum = of_ones;
  if (expert->b_out) sum += (double)w->weights[0][r] * hw_difference_dot(expert->b_out, NULL, b->behind + i * d, d);
  for (size_t k = 0; k < width && expert->b_gate_in; k++)
    sum += (double)expert->b_gate_in[2 * k] * (double)of_gate[k] + (double)expert->b_gate_in[2 * k + 1] * (double)of_up[k];
  *hw_ffn_biases(pass, b, i) += sum;
}

/* Co-vectors of p and u of a row, in the place of those of a. */
static void through_row(const hw_pass *pass, const hw_ffn_block *b, hw_experts *w, size_t part, size_t r) {
  const hw_expert *expert = &pass->model->layers[b->layer].experts[part];
  size_t d = (size_t)pass->model->config.d_model, width = hw_ffn_part_size(&pass->model->config, part);
  int other = last_run(pass);
  for (int run = 0; run <= other; run++) factors(pass, w, r, run, width);
  find_slopes(pass, w, r, width);
  rank_neurons(pass, b, w, part, r);
  if (pass->contrast) w->of_weights[r] = worth(b, w, expert, r, width, d);
  float weight = 0.5f * w->weights[0][r] + 0.5f * w->weights[other][r], share = pass->contrast ? weight : 0.5f * weight;
  float *g = w->neurons + r * width, *of_gate = w->of_gates + r * width;
  double of_ones = 0;
  for (size_t k = 0; k < width; k++) {
    float whole = share * g[k], of_up = whole * (0.5f * w->gate[0][k] + 0.5f * w->gate[other][k]);
    of_gate[k] = whole * (0.5f * w->up[0][k] + 0.5f * w->up[other][k]) * w->gate_slope[k];
    g[k] = of_up * w->up_slope[k];
    if (pass->model->config.glu_limit > 0) of_ones += (double)of_up;
  }
  if (!pass->contrast) note_biases(pass, b, w, expert, r, width, of_ones);
}

static void add_rows(const hw_ffn_block *b, const hw_experts *w, size_t d) {
  for (size_t r = 0; r < w->n; r++) {
    float *to = b->normed + w->list[r] * d;
    hw_add_rows(to, w->back + r * d, NULL, 1, d, to);
  }
}

/* Adds the co-vectors of the neurons' inputs, taken back through W_gate and W_in. */
static void pull_back(const hw_pass *pass, const hw_ffn_block *b, const hw_experts *w, const hw_expert *expert, size_t width) {
  size_t d = (size_t)pass->model->config.d_model;
  if (expert->w_gate_in.data) {
    hw_matrix both = hw_matrix_transposed(&expert->w_gate_in);
    float *turns = w->gates[0]; /* no longer needed */
    for (size_t k = 0; k < w->n * width; k++) {
      turns[2 * k] = w->of_gates[k];
      turns[2 * k + 1] = w->neurons[k];
    }
    hw_team_gemm(&both, turns, 2 * width, w->back, d, w->n, pass->team);
    add_rows(b, w, d);
    return;
  }
  hw_matrix gate = hw_matrix_transposed(&expert->w_gate), in = hw_matrix_transposed(&expert->w_in);
  hw_team_gemm(&gate, w->of_gates, width, w->back, d, w->n, pass->team);
  add_rows(b, w, d);
  hw_team_gemm(&in, w->neurons, width, w->back, d, w->n, pass->team);
  add_rows(b, w, d);
}

/* The shared expert's gate: scores of both runs become weights; the secant between them is in out. */
static void shared_weights(const hw_pass *pass, const hw_experts *w, float *out) {
  for (size_t r = 0; r < w->n; r++) {
    double own = (double)w->weights[0][r], other = (double)w->weights[last_run(pass)][r], a = hw_shared_weight(own), b = hw_shared_weight(other), middle = hw_shared_weight((own + other) / 2);
    out[r] = (float)(fabs(own - other) < 1e-3 ? middle * (1 - middle) : (a - b) / (own - other));
    for (int run = 0; run <= last_run(pass); run++) w->weights[run][r] = (float)(run ? b : a);
  }
}

static void pull_expert(const hw_pass *pass, const hw_ffn_block *b, hw_experts *w, size_t part) {
  const hw_model_config *c = &pass->model->config;
  const hw_layer *layer = &pass->model->layers[b->layer];
  const hw_expert *expert = &layer->experts[part];
  size_t d = (size_t)c->d_model, width = hw_ffn_part_size(c, part);
  gather(pass, b, w, part);
  if (w->n == 0) return;
  for (int run = 0; run <= last_run(pass); run++) run_expert(pass, b, w, part, run);
  if (is_shared(pass, part)) shared_weights(pass, w, w->pulled);
  hw_matrix out = hw_matrix_transposed(&expert->w_out);
  copy_rows(w, b->behind, d, w->x);
  hw_team_gemm(&out, w->x, d, w->neurons, width, w->n, pass->team);
  for (size_t r = 0; r < w->n; r++) through_row(pass, b, w, part, r);
  pull_back(pass, b, w, expert, width);
  if (!pass->contrast) return;
  for (size_t r = 0; r < w->n; r++) {
    if (is_shared(pass, part))
      w->pulled[r] = (float)((double)w->pulled[r] * w->of_weights[r]);
    else
      w->worth[w->list[r] * (size_t)c->n_experts + part] = w->of_weights[r];
  }
  if (!is_shared(pass, part)) return;
  hw_matrix router = hw_matrix_transposed(&layer->w_shared_router);
  hw_team_gemm(&router, w->pulled, 1, w->back, d, w->n, pass->team);
  add_rows(b, w, d);
}

/* ---- The router ---- */

/* A change of experts that the scores do not explain goes to the direction in which the router's input differs. */
static void pull_jump(const hw_experts *w, size_t i, size_t d, double jump, float *to) {
  const float *own = w->inputs[0] + i * d, *other = w->inputs[1] + i * d;
  double square = 0;
  for (size_t k = 0; k < d; k++) square += ((double)own[k] - (double)other[k]) * ((double)own[k] - (double)other[k]);
  for (size_t k = 0; k < d && square > 0; k++) to[k] = (float)((double)to[k] + jump * ((double)own[k] - (double)other[k]) / square);
}

static void pull_router(const hw_pass *pass, const hw_ffn_block *b, const hw_experts *w) {
  const hw_model_config *c = &pass->model->config;
  const hw_layer *layer = &pass->model->layers[b->layer];
  size_t d = (size_t)c->d_model, n_experts = (size_t)c->n_experts, used = (size_t)c->experts_used;
  for (int run = 0; run < HW_RUNS; run++) {
    hw_team_gemm(&layer->w_router, w->inputs[run], d, w->scores[run], n_experts, b->n, pass->team);
    hw_add_bias(w->scores[run], n_experts, layer->b_router, b->n, n_experts);
  }
  for (size_t i = 0; i < b->n; i++) {
    hw_routing routing = {.n_experts = n_experts, .n_used = used, .normed = c->experts_normed, .worth = w->worth + i * n_experts};
    for (int run = 0; run < HW_RUNS; run++) {
      routing.used[run] = pass->acts->experts[b->layer] + hw_ffn_row(b, run, i) * used;
      routing.scores[run] = w->scores[run] + i * n_experts;
    }
    double jump = hw_routing_pull(&routing, w->pulled + i * n_experts);
    if (jump != 0) pull_jump(w, i, d, jump, b->normed + i * d);
  }
  hw_matrix back = hw_matrix_transposed(&layer->w_router);
  hw_team_gemm(&back, w->pulled, n_experts, w->back, d, b->n, pass->team);
  hw_add_rows(b->normed, w->back, NULL, b->n, d, b->normed);
}

/* ---- The layer ---- */

void hw_experts_outputs(const hw_pass *pass, const hw_ffn_block *b, const hw_experts *w, int run, float *out) {
  const hw_model_config *c = &pass->model->config;
  size_t d = (size_t)c->d_model, active = hw_active_neurons(c);
  memset(out, 0, b->n * d * sizeof *out);
  for (size_t part = 0; part < hw_ffn_parts(c); part++) {
    const hw_expert *expert = &pass->model->layers[b->layer].experts[part];
    size_t width = hw_ffn_part_size(c, part), n = 0, place;
    for (size_t i = 0; i < b->n; i++) {
      size_t row = hw_ffn_row(b, run, i);
      if (!hw_ffn_part_place(pass->acts, b->layer, row, part, &place)) continue;
      memcpy(w->neurons + n * width, pass->acts->neurons[b->layer] + row * active + place, width * sizeof *w->neurons);
      w->list[n++] = i;
    }
    if (n == 0) continue;
    hw_team_gemm(&expert->w_out, w->neurons, width, w->back, d, n, pass->team);
    for (size_t r = 0; r < n; r++) {
      float *to = out + w->list[r] * d, weight = expert->b_out ? weight_of(pass, b, part, run, w->list[r]) : 0;
      hw_add_rows(to, w->back + r * d, NULL, 1, d, to);
      for (size_t k = 0; k < d && expert->b_out; k++) to[k] += weight * expert->b_out[k];
    }
  }
}

void hw_experts_pull(const hw_pass *pass, const hw_ffn_block *b, hw_experts *w) {
  const hw_model_config *c = &pass->model->config;
  const hw_layer *layer = &pass->model->layers[b->layer];
  size_t d = (size_t)c->d_model;
  memset(b->normed, 0, b->n * d * sizeof *b->normed);
  memset(w->n_ranked, 0, b->n * sizeof *w->n_ranked);
  memset(w->worth, 0, b->n * (size_t)c->n_experts * sizeof *w->worth);
  bool shared = hw_ffn_shares_norm(pass, b->layer);
  const float *gamma = shared ? layer->attn_norm_gamma : layer->ffn_norm_gamma, *beta = shared ? layer->attn_norm_beta : layer->ffn_norm_beta;
  for (int run = 0; run <= last_run(pass); run++)
    for (size_t i = 0; i < b->n; i++)
      hw_norm_row(hw_pass_input_norm(pass), hw_ffn_input(pass, b, run, i), gamma, beta, (float)c->norm_eps, d, w->inputs[run] + i * d);
  for (size_t part = 0; part < hw_ffn_parts(c); part++) pull_expert(pass, b, w, part);
  if (pass->contrast) pull_router(pass, b, w);
  for (size_t i = 0; i < b->n; i++)
    if (b->kept[i]) hw_ffn_note_neurons(pass, b, i, w->ranked + i * w->k, w->n_ranked[i]);
}
