/* SPDX-License-Identifier: Apache-2.0
 * The backward pass through an FFN. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/simd.h"
#include "base/size.h"
#include "relevance/ffn.h"
#include "relevance/span.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

enum { ROWS_TOGETHER = 1024 };

/* A block, and what an FFN without experts needs. */
typedef struct block {
  hw_ffn_block of;
  struct hw_experts *experts; /* or NULL */
  float *pulled; /* [n, d_model] co-vectors of f where an output norm stands behind it */
  float *gate[HW_RUNS]; /* [d_ffn] of a row of both runs: act(p) of a gated FFN */
  float *neurons; /* [n, d_ffn] co-vectors: of a, then of u */
  float *gates;   /* the same of p */
  float *slopes;  /* [d_ffn] */
  hw_ranked *ranked; /* [d_ffn] */
} block;

size_t hw_ffn_row(const hw_ffn_block *b, int run, size_t i) { return (run ? b->rows->reference : b->rows->own)[b->first + i]; }

static const float *matrix_row(const block *b, const float *matrix, int run, size_t i, size_t width) { return hw_ffn_matrix_row(&b->of, matrix, run, i, width); }

const float *hw_ffn_input(const hw_pass *pass, const hw_ffn_block *b, int run, size_t i) {
  const float *states = pass->model->config.parallel ? pass->acts->resid[b->layer] : pass->acts->mid[b->layer];
  return hw_ffn_matrix_row(b, states, run, i, (size_t)pass->model->config.d_model);
}

bool hw_ffn_shares_norm(const hw_pass *pass, size_t layer) { return pass->model->config.parallel && !pass->model->layers[layer].ffn_norm_gamma; }

/* act(p) of a row of one run. */
static void run_gate(const hw_pass *pass, const block *b, int side, size_t i) {
  size_t d_ffn = (size_t)pass->model->config.d_ffn;
  memcpy(b->gate[side], matrix_row(b, pass->acts->p[b->of.layer], side, i, d_ffn), d_ffn * sizeof *b->gate[side]);
  hw_activate(pass->model->config.activation, b->gate[side], d_ffn);
}

/* f before an output norm, of one run. */
static void run_outputs(const hw_pass *pass, const block *b, int run, float *out) {
  const hw_layer *layer = &pass->model->layers[b->of.layer];
  size_t d = (size_t)pass->model->config.d_model, d_ffn = (size_t)pass->model->config.d_ffn;
  if (b->experts) {
    hw_experts_outputs(pass, &b->of, b->experts, run, out);
    return;
  }
  for (size_t i = 0; i < b->of.n; i++)
    memcpy(b->neurons + i * d_ffn, matrix_row(b, pass->acts->neurons[b->of.layer], run, i, d_ffn), d_ffn * sizeof *b->neurons);
  hw_team_gemm(&layer->w_out, b->neurons, d_ffn, out, d, b->of.n, pass->team);
  hw_add_bias(out, d, layer->b_out, b->of.n, d);
}

/* Co-vectors of f from those of the state y: through the output norm where there is one. */
static void start(const hw_pass *pass, block *b) {
  const hw_model_config *c = &pass->model->config;
  const hw_layer *layer = &pass->model->layers[b->of.layer];
  size_t d = (size_t)c->d_model;
  const float *y = pass->state + b->of.first * d;
  b->of.behind = layer->ffn_out_gamma ? b->pulled : y;
  if (!layer->ffn_out_gamma) return;
  memset(b->pulled, 0, b->of.n * d * sizeof *b->pulled);
  for (int run = 0; run < (pass->contrast ? HW_RUNS : 1); run++) run_outputs(pass, b, run, b->of.outputs[run]);
  for (size_t i = 0; i < b->of.n; i++)
    hw_pass_norm(pass, c->residual_factor > 0 ? HW_NORM_NONE : HW_NORM_RMS, b->of.outputs[0] + i * d, b->of.outputs[1] + i * d, layer->ffn_out_gamma, d,
                 y + i * d, b->pulled + i * d);
}

/* act(u) / u; at_zero where u is 0. */
HW_SIMD static void ratios(const float *u, const float *a, float at_zero, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) {
    float quotient = a[i] / (u[i] != 0 ? u[i] : 1);
    out[i] = u[i] != 0 ? quotient : at_zero;
  }
}

/* The same for two runs. Returns how many are closer than `least`, whose slope is that at the middle: their quotient is not one. */
HW_SIMD static size_t quotients(const float *u, const float *other, const float *a, const float *other_a, float least, size_t n, float *out) {
  size_t n_close = 0;
  for (size_t i = 0; i < n; i++) {
    float step = u[i] - other[i];
    bool far = fabsf(step) >= least;
    out[i] = (a[i] - other_a[i]) / (far ? step : 1);
    n_close += !far;
  }
  return n_close;
}

void hw_ffn_slopes(const hw_pass *pass, hw_activation kind, float steepness, const float *u, const float *other, const float *a, const float *other_a, size_t n, float *out) {
  enum { TOGETHER = 64 };
  float middle[TOGETHER] = {0}, least = kind == HW_ACT_RELU ? FLT_TRUE_MIN : 1e-3f;
  if (!pass->contrast) {
    hw_activation_slopes(kind, middle, 1);
    ratios(u, a, middle[0], n, out);
    return;
  }
  for (size_t first = 0, count; first < n; first += count) {
    count = n - first < TOGETHER ? n - first : (size_t)TOGETHER;
    if (!quotients(u + first, other + first, a + first, other_a + first, least, count, out + first)) continue;
    for (size_t i = 0; i < count; i++) middle[i] = steepness * (0.5f * u[first + i] + 0.5f * other[first + i]);
    hw_activation_slopes(kind, middle, count);
    for (size_t i = 0; i < count; i++)
      if (!(fabsf(u[first + i] - other[first + i]) >= least)) out[first + i] = middle[i];
  }
}

/* g: co-vectors of act(p) u, then of u. gates: those of p. */
HW_SIMD static void through_product(float share, const float *u, const float *other, const float *gate, const float *other_gate, const float *slope, size_t n, float *restrict g,
                                    float *restrict gates) {
  for (size_t k = 0; k < n; k++) {
    gates[k] = share * g[k] * (0.5f * u[k] + 0.5f * other[k]) * slope[k];
    g[k] *= share * (0.5f * gate[k] + 0.5f * other_gate[k]);
  }
}

/* Row i: co-vectors of u (in b->neurons, in the place of those of a) and of p. */
static void through_neurons(const hw_pass *pass, const block *b, size_t i) {
  const hw_model_config *c = &pass->model->config;
  size_t d_ffn = (size_t)c->d_ffn;
  int side = pass->contrast ? 1 : 0; /* the other run */
  float *g = b->neurons + i * d_ffn, *slope = b->slopes;
  const float *u = matrix_row(b, pass->acts->u[b->of.layer], 0, i, d_ffn), *other = matrix_row(b, pass->acts->u[b->of.layer], 1, i, d_ffn);
  if (!c->gated) {
    const float *a = pass->acts->neurons[b->of.layer];
    hw_ffn_slopes(pass, c->activation, 1, u, other, matrix_row(b, a, 0, i, d_ffn), matrix_row(b, a, 1, i, d_ffn), d_ffn, slope);
    hw_multiply(g, slope, d_ffn);
    return;
  }
  for (int s = 0; s <= side; s++) run_gate(pass, b, s, i);
  const float *gate = b->gate[0], *other_gate = b->gate[side], *p = pass->acts->p[b->of.layer], share = pass->contrast ? 1 : 0.5f;
  hw_ffn_slopes(pass, c->activation, 1, matrix_row(b, p, 0, i, d_ffn), matrix_row(b, p, 1, i, d_ffn), gate, other_gate, d_ffn, slope);
  through_product(share, u, other, gate, other_gate, slope, d_ffn, g, b->gates + i * d_ffn);
}

/* Largest first; of equals the lowest number. */
static int by_size(const hw_ranked *x, const hw_ranked *y) {
  double p = fabs(x->r), q = fabs(y->r);
  return p > q ? -1 : p < q ? 1 : x->neuron < y->neuron ? -1 : x->neuron > y->neuron;
}

size_t hw_ffn_rank(hw_ranked *list, size_t n, size_t k, hw_ranked x) {
  if (n == k && by_size(&list[k - 1], &x) < 0) return n;
  size_t at = n < k ? n : k - 1;
  for (; at > 0 && by_size(&x, &list[at - 1]) < 0; at--) list[at] = list[at - 1];
  list[at] = x;
  return n < k ? n + 1 : n;
}

void hw_ffn_note_neurons(const hw_pass *pass, const hw_ffn_block *b, size_t i, const hw_ranked *list, size_t n) {
  size_t position;
  hw_pass_prompt *prompt = hw_pass_prompt_of(pass, b->rows, b->first + i, &position);
  for (size_t k = 0; k < n; k++) {
    const hw_relevance_neuron row = {.layer = (uint16_t)b->layer, .position = (uint32_t)position, .neuron = (uint32_t)list[k].neuron, .r = list[k].r};
    hw_buffer_append(&prompt->neurons, &row, sizeof row);
  }
}

/* Whether all (a - other) g are surely smaller than `least`; other may be NULL. In float32 the difference may be too small by less than a millionth,
 * and rounding keeps the order. */
HW_SIMD static bool all_smaller(const float *a, const float *other, const float *g, size_t n, double least) {
  float limit = (float)(least * (1 - 1e-6));
  int any = 0;
  if (other)
    for (size_t i = 0; i < n; i++) any |= !(fabsf((a[i] - other[i]) * g[i]) < limit);
  else
    for (size_t i = 0; i < n; i++) any |= !(fabsf(a[i] * g[i]) < limit);
  return !any;
}

size_t hw_ffn_rank_products(hw_ranked *list, size_t k, const float *a, const float *other, const float *g, size_t n) {
  enum { TOGETHER = 64 };
  size_t found = 0;
  for (size_t first = 0; first < n && k > 0; first += TOGETHER) {
    size_t count = hw_smaller(n - first, TOGETHER);
    if (found == k && all_smaller(a + first, other ? other + first : NULL, g + first, count, fabs(list[k - 1].r))) continue;
    for (size_t i = first; i < first + count; i++)
      found = hw_ffn_rank(list, found, k, (hw_ranked){((double)a[i] - (other ? (double)other[i] : 0)) * (double)g[i], i});
  }
  return found;
}

/* The neurons of a row with the largest relevances. */
static void rank_neurons(const hw_pass *pass, const block *b, size_t i) {
  size_t d_ffn = (size_t)pass->model->config.d_ffn, k = hw_smaller(pass->settings->top_neurons, d_ffn);
  const float *a = pass->acts->neurons[b->of.layer];
  if (!b->of.kept[i]) return;
  size_t found = hw_ffn_rank_products(b->ranked, k, matrix_row(b, a, 0, i, d_ffn), pass->contrast ? matrix_row(b, a, 1, i, d_ffn) : NULL, b->neurons + i * d_ffn, d_ffn);
  hw_ffn_note_neurons(pass, &b->of, i, b->ranked, found);
}

/* What the FFN adds is the difference of two states. */
static double relevance_of(const hw_pass *pass, const block *b, size_t i) {
  size_t d = (size_t)pass->model->config.d_model;
  const float *g = pass->state + (b->of.first + i) * d, *after = pass->acts->resid[b->of.layer + 1], *before = pass->acts->mid[b->of.layer];
  double r = hw_difference_dot(matrix_row(b, after, 0, i, d), matrix_row(b, before, 0, i, d), g, d);
  return pass->contrast ? r - hw_difference_dot(matrix_row(b, after, 1, i, d), matrix_row(b, before, 1, i, d), g, d) : r;
}

static void note_parts(const hw_pass *pass, const block *b) {
  for (size_t i = 0; i < b->of.n; i++) {
    size_t position;
    hw_pass_prompt *prompt = hw_pass_prompt_of(pass, b->of.rows, b->of.first + i, &position);
    double r = relevance_of(pass, b, i);
    const hw_relevance_part part = {.kind = HW_RELEVANCE_FFN, .layer = (uint16_t)b->of.layer, .target = (uint32_t)position, .source = (uint32_t)position, .r = hw_relevance_micro(r)};
    prompt->out->ffn[b->of.layer] += r;
    b->of.kept[i] = hw_pass_keeps(pass, prompt, part.r);
    if (b->of.kept[i]) hw_buffer_append(&prompt->parts, &part, sizeof part);
  }
}

double *hw_ffn_biases(const hw_pass *pass, const hw_ffn_block *b, size_t i) {
  size_t position;
  return &hw_pass_prompt_of(pass, b->rows, b->first + i, &position)->out->biases;
}

static double dot(const float *bias, const float *g, size_t n) { return bias ? hw_difference_dot(bias, NULL, g, n) : 0; }

/* Answer relevance: what the biases of an FFN without experts are worth in row i. */
static void note_biases(const hw_pass *pass, const block *b, size_t i) {
  const hw_layer *layer = &pass->model->layers[b->of.layer];
  size_t d = (size_t)pass->model->config.d_model, d_ffn = (size_t)pass->model->config.d_ffn;
  double *biases = hw_ffn_biases(pass, &b->of, i);
  *biases += dot(layer->b_out, b->of.behind + i * d, d) + dot(layer->b_in, b->neurons + i * d_ffn, d_ffn);
  if (pass->model->config.gated) *biases += dot(layer->b_gate, b->gates + i * d_ffn, d_ffn);
}

/* From the co-vectors of f to those of the neurons, without experts. */
static bool through_outputs(const hw_pass *pass, const block *b) {
  const hw_layer *layer = &pass->model->layers[b->of.layer];
  size_t d = (size_t)pass->model->config.d_model, d_ffn = (size_t)pass->model->config.d_ffn;
  hw_matrix out = hw_matrix_transposed(&layer->w_out);
  if (pass->span && b->of.rows == &pass->all && !layer->ffn_out_gamma)
    return hw_span_gemm(pass, &out, pass->span->vectors, b->of.behind, b->of.first, b->of.n, b->neurons, NULL);
  hw_team_gemm(&out, b->of.behind, d, b->neurons, d_ffn, b->of.n, pass->team);
  return true;
}

/* From the co-vectors of f to those of the norm's output, without experts. */
static bool through_ffn(const hw_pass *pass, const block *b) {
  const hw_model_config *c = &pass->model->config;
  const hw_layer *layer = &pass->model->layers[b->of.layer];
  size_t d = (size_t)c->d_model, d_ffn = (size_t)c->d_ffn;
  hw_matrix in = hw_matrix_transposed(&layer->w_in), gate = hw_matrix_transposed(&layer->w_gate);
  if (!through_outputs(pass, b)) return false;
  for (size_t i = 0; i < b->of.n; i++) { /* a row is read from memory once */
    rank_neurons(pass, b, i);
    through_neurons(pass, b, i);
    if (!pass->contrast) note_biases(pass, b, i);
  }
  hw_team_gemm(&in, b->neurons, d_ffn, b->of.normed, d, b->of.n, pass->team);
  if (c->gated) {
    hw_team_gemm(&gate, b->gates, d_ffn, b->of.more, d, b->of.n, pass->team);
    hw_add_rows(b->of.normed, b->of.more, NULL, b->of.n, d, b->of.normed);
  }
  return true;
}

/* Through the norm. */
static void finish(hw_pass *pass, const block *b) {
  const hw_layer *layer = &pass->model->layers[b->of.layer];
  size_t d = (size_t)pass->model->config.d_model;
  float *to = pass->model->config.parallel ? pass->beside : pass->state;
  for (size_t i = 0; i < b->of.n; i++) {
    size_t r = b->of.first + i;
    if (!pass->contrast && layer->ffn_norm_beta) /* none where the attention's norm is shared, which notes its own */
      *hw_ffn_biases(pass, &b->of, i) += dot(layer->ffn_norm_beta, b->of.normed + i * d, d);
    if (hw_ffn_shares_norm(pass, b->of.layer))
      memcpy(pass->branch + r * d, b->of.normed + i * d, d * sizeof *b->of.normed);
    else
      hw_pass_norm(pass, hw_pass_input_norm(pass), hw_ffn_input(pass, &b->of, 0, i), hw_ffn_input(pass, &b->of, 1, i), layer->ffn_norm_gamma, d, b->of.normed + i * d, to + r * d);
  }
}

/* Work space of a block; without experts that of its neurons too. */
static bool new_block(const hw_pass *pass, block *b, size_t n) {
  size_t d = (size_t)pass->model->config.d_model, d_ffn = (size_t)pass->model->config.d_ffn, gated = pass->model->config.gated ? n : 0;
  float **const narrow[] = {&b->pulled, &b->of.normed, &b->of.more};
  for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++)
    if (!(*narrow[i] = hw_arena_new(pass->work, float, n * d, pass->err))) return false;
  bool behind_norm = pass->model->layers[b->of.layer].ffn_out_gamma != NULL;
  for (int run = 0; run < HW_RUNS && behind_norm; run++)
    if (!(b->of.outputs[run] = hw_arena_new(pass->work, float, n * d, pass->err))) return false;
  if (!(b->of.kept = hw_arena_new(pass->work, bool, n, pass->err))) return false;
  if (pass->model->config.n_experts) return hw_experts_open(pass, n, &b->experts);
  float **const wide[] = {&b->neurons, &b->gates, &b->gate[0], &b->gate[1], &b->slopes};
  const size_t rows[] = {n, gated, 1, 1, 1};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (!(*wide[i] = hw_arena_new(pass->work, float, rows[i] * d_ffn, pass->err))) return false;
  b->ranked = hw_arena_new(pass->work, hw_ranked, d_ffn, pass->err);
  return b->ranked != NULL;
}

size_t hw_pass_ffn_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t n_rows) {
  enum { WIDE = 2, OF_A_ROW = 3, NARROW = 5 }; /* new_block */
  size_t n = n_rows < ROWS_TOGETHER ? n_rows : ROWS_TOGETHER, d = (size_t)model->config.d_model, d_ffn = (size_t)model->config.d_ffn;
  size_t bytes = n * (NARROW * d * sizeof(float) + sizeof(bool)) + (NARROW + 1) * (size_t)HW_ARENA_OVERHEAD;
  if (model->config.n_experts) return bytes + hw_experts_bytes(model, settings, n);
  if (settings->answer) bytes += hw_span_gemm_bytes(model, n, d, d_ffn);
  return bytes + n * WIDE * d_ffn * sizeof(float) + d_ffn * (OF_A_ROW * sizeof(float) + sizeof(hw_ranked)) + (WIDE + OF_A_ROW + 1) * (size_t)HW_ARENA_OVERHEAD;
}

bool hw_pass_ffn(hw_pass *pass, size_t layer, const hw_pass_rows *rows) {
  const hw_model_config *c = &pass->model->config;
  size_t d = (size_t)c->d_model, most = rows->n < ROWS_TOGETHER ? rows->n : ROWS_TOGETHER;
  block b = {.of = {.rows = rows, .layer = layer}};
  if (c->parallel) {
    memset(pass->branch, 0, rows->n * d * sizeof *pass->branch);
    memset(pass->beside, 0, rows->n * d * sizeof *pass->beside);
  }
  if (c->d_ffn == 0) return true;
  if (!new_block(pass, &b, most)) return false;
  for (; b.of.first < rows->n; b.of.first += b.of.n) {
    b.of.n = rows->n - b.of.first < most ? rows->n - b.of.first : most;
    start(pass, &b);
    note_parts(pass, &b);
    if (b.experts)
      hw_experts_pull(pass, &b.of, b.experts);
    else if (!through_ffn(pass, &b))
      return false;
    finish(pass, &b);
  }
  return true;
}
