/* SPDX-License-Identifier: Apache-2.0
 * The backward pass through an FFN. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "relevance/backward.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

enum { ROWS_TOGETHER = 512, BOTH = 2 };

typedef struct ranked {
  double r;
  size_t neuron;
} ranked;

/* Some of the rows at hand. */
typedef struct block {
  const hw_pass_rows *rows;
  size_t layer, first, n;
  float *behind; /* [n, d_model] co-vectors of the FFN's own output f */
  float *normed, *more; /* [n, d_model] */
  float *gate[BOTH]; /* [d_ffn] of a row of both runs: act(p) of a gated FFN */
  float *neurons; /* [n, d_ffn] co-vectors: of a, then of u */
  float *gates;   /* the same of p */
  float *slopes;  /* [d_ffn] */
  float *outputs[BOTH]; /* [n, d_model] f of both runs, where an output norm stands behind it */
  ranked *ranked; /* [d_ffn] */
} block;

static const float *matrix_row(const block *b, const float *matrix, int side, size_t i, size_t width) {
  return matrix + (side ? b->rows->reference : b->rows->own)[b->first + i] * width;
}

/* [d_model] of the state that the FFN reads. */
static const float *input_row(const hw_pass *pass, const block *b, int side, size_t i) {
  const float *states = pass->model->config.parallel ? pass->acts->resid[b->layer] : pass->acts->mid[b->layer];
  return matrix_row(b, states, side, i, (size_t)pass->model->config.d_model);
}

/* In a parallel block with one norm that of the attention is the FFN's too. */
static bool shares_norm(const hw_pass *pass, const hw_layer *layer) { return pass->model->config.parallel && !layer->ffn_norm_gamma; }

/* act(p) of a row of one run. */
static void run_gate(const hw_pass *pass, const block *b, int side, size_t i) {
  size_t d_ffn = (size_t)pass->model->config.d_ffn;
  memcpy(b->gate[side], matrix_row(b, pass->acts->p[b->layer], side, i, d_ffn), d_ffn * sizeof *b->gate[side]);
  hw_activate(pass->model->config.activation, b->gate[side], d_ffn);
}

/* f before an output norm. */
static void run_outputs(const hw_pass *pass, const block *b, int side, float *neurons, float *out) {
  const hw_model_config *c = &pass->model->config;
  const hw_layer *layer = &pass->model->layers[b->layer];
  size_t d = (size_t)c->d_model, d_ffn = (size_t)c->d_ffn;
  for (size_t i = 0; i < b->n; i++)
    memcpy(neurons + i * d_ffn, matrix_row(b, pass->acts->neurons[b->layer], side, i, d_ffn), d_ffn * sizeof *neurons);
  hw_team_gemm(&layer->w_out, neurons, d_ffn, out, d, b->n, pass->team);
  hw_add_bias(out, d, layer->b_out, b->n, d);
}

/* Co-vectors of f from those of the state y: through the output norm where there is one. */
static void start(const hw_pass *pass, const block *b) {
  const hw_model_config *c = &pass->model->config;
  const hw_layer *layer = &pass->model->layers[b->layer];
  size_t d = (size_t)c->d_model;
  const float *y = pass->state + b->first * d;
  if (!layer->ffn_out_gamma) {
    memcpy(b->behind, y, b->n * d * sizeof *y);
    return;
  }
  memset(b->behind, 0, b->n * d * sizeof *b->behind);
  for (int side = 0; side < (pass->contrast ? BOTH : 1); side++) run_outputs(pass, b, side, b->neurons, b->outputs[side]);
  for (size_t i = 0; i < b->n; i++)
    hw_pass_norm(pass, c->residual_factor > 0 ? HW_NORM_NONE : HW_NORM_RMS, b->outputs[0] + i * d, b->outputs[1] + i * d, layer->ffn_out_gamma, d,
                 y + i * d, b->behind + i * d);
}

/* (act(u) - act(u')) / (u - u'), the derivative between them where they are close; of answer relevance act(u) / u. */
static void slopes(const hw_pass *pass, const float *u, const float *other, const float *a, const float *other_a, size_t n, float *out) {
  hw_activation kind = pass->model->config.activation;
  for (size_t i = 0; i < n; i++) out[i] = pass->contrast ? 0.5f * u[i] + 0.5f * other[i] : 0;
  hw_activation_slopes(kind, out, n);
  if (!pass->contrast) {
    for (size_t i = 0; i < n; i++)
      if (u[i] != 0) out[i] = a[i] / u[i];
    return;
  }
  for (size_t i = 0; i < n; i++) {
    float step = u[i] - other[i];
    if (kind == HW_ACT_RELU ? step != 0 : fabsf(step) >= 1e-3f) out[i] = (a[i] - other_a[i]) / step;
  }
}

/* Co-vectors of u (in b->neurons, in the place of those of a) and of p. */
static void through_neurons(const hw_pass *pass, const block *b) {
  const hw_model_config *c = &pass->model->config;
  size_t d_ffn = (size_t)c->d_ffn;
  int side = pass->contrast ? 1 : 0; /* the other run */
  for (size_t i = 0; i < b->n; i++) {
    float *g = b->neurons + i * d_ffn, *slope = b->slopes;
    const float *u = matrix_row(b, pass->acts->u[b->layer], 0, i, d_ffn), *other = matrix_row(b, pass->acts->u[b->layer], 1, i, d_ffn);
    if (!c->gated) {
      slopes(pass, u, other, matrix_row(b, pass->acts->neurons[b->layer], 0, i, d_ffn), matrix_row(b, pass->acts->neurons[b->layer], 1, i, d_ffn), d_ffn, slope);
      hw_multiply(g, slope, d_ffn);
      continue;
    }
    for (int s = 0; s <= side; s++) run_gate(pass, b, s, i);
    const float *gate = b->gate[0], *other_gate = b->gate[side], *p = pass->acts->p[b->layer], share = pass->contrast ? 1 : 0.5f;
    float *gates = b->gates + i * d_ffn;
    slopes(pass, matrix_row(b, p, 0, i, d_ffn), matrix_row(b, p, 1, i, d_ffn), gate, other_gate, d_ffn, slope);
    for (size_t k = 0; k < d_ffn; k++) {
      gates[k] = share * g[k] * (0.5f * u[k] + 0.5f * other[k]) * slope[k];
      g[k] *= share * (0.5f * gate[k] + 0.5f * other_gate[k]);
    }
  }
}

/* Largest first; of equals the lowest number. */
static int by_size(const ranked *x, const ranked *y) {
  double p = fabs(x->r), q = fabs(y->r);
  return p > q ? -1 : p < q ? 1 : x->neuron < y->neuron ? -1 : x->neuron > y->neuron;
}

/* Puts a neuron into the list of the k largest, which has n. */
static size_t rank(ranked *list, size_t n, size_t k, ranked x) {
  if (n == k && by_size(&list[k - 1], &x) < 0) return n;
  size_t at = n < k ? n : k - 1;
  for (; at > 0 && by_size(&x, &list[at - 1]) < 0; at--) list[at] = list[at - 1];
  list[at] = x;
  return n < k ? n + 1 : n;
}

/* The neurons of a row with the largest relevances. */
static void rank_neurons(const hw_pass *pass, const block *b, size_t i, hw_pass_prompt *prompt, size_t position) {
  size_t d_ffn = (size_t)pass->model->config.d_ffn, k = pass->settings->top_neurons < d_ffn ? pass->settings->top_neurons : d_ffn, found = 0;
  const float *a = matrix_row(b, pass->acts->neurons[b->layer], 0, i, d_ffn), *other = matrix_row(b, pass->acts->neurons[b->layer], 1, i, d_ffn);
  for (size_t n = 0; n < d_ffn; n++)
    found = rank(b->ranked, found, k, (ranked){((double)a[n] - (pass->contrast ? (double)other[n] : 0)) * (double)b->neurons[i * d_ffn + n], n});
  for (size_t n = 0; n < found; n++) {
    const hw_relevance_neuron row = {.layer = (uint16_t)b->layer, .position = (uint32_t)position, .neuron = (uint32_t)b->ranked[n].neuron, .r = b->ranked[n].r};
    hw_buffer_append(&prompt->neurons, &row, sizeof row);
  }
}

/* What the FFN adds is the difference of two states. */
static double relevance_of(const hw_pass *pass, const block *b, size_t i) {
  size_t d = (size_t)pass->model->config.d_model;
  const float *g = pass->state + (b->first + i) * d, *after = pass->acts->resid[b->layer + 1], *before = pass->acts->mid[b->layer];
  return hw_pass_relevance(pass, matrix_row(b, after, 0, i, d), matrix_row(b, after, 1, i, d), g, d) -
         hw_pass_relevance(pass, matrix_row(b, before, 0, i, d), matrix_row(b, before, 1, i, d), g, d);
}

static void note_parts(const hw_pass *pass, const block *b) {
  for (size_t i = 0; i < b->n; i++) {
    size_t position;
    hw_pass_prompt *prompt = hw_pass_prompt_of(pass, b->rows, b->first + i, &position);
    double r = relevance_of(pass, b, i);
    const hw_relevance_part part = {.kind = HW_RELEVANCE_FFN, .layer = (uint16_t)b->layer, .target = (uint32_t)position, .source = (uint32_t)position, .r = hw_relevance_micro(r)};
    prompt->out->ffn[b->layer] += r;
    if (!hw_pass_keeps(pass, prompt, part.r)) continue;
    hw_buffer_append(&prompt->parts, &part, sizeof part);
    if (pass->settings->top_neurons) rank_neurons(pass, b, i, prompt, position);
  }
}

static double dot(const float *bias, const float *g, size_t n) { return bias ? hw_difference_dot(bias, NULL, g, n) : 0; }

/* Answer relevance: what the biases are worth. `normed` has the co-vectors of what the norm gave. */
static void note_biases(const hw_pass *pass, const block *b) {
  const hw_layer *layer = &pass->model->layers[b->layer];
  size_t d = (size_t)pass->model->config.d_model, d_ffn = (size_t)pass->model->config.d_ffn;
  for (size_t i = 0; i < b->n && !pass->contrast; i++) {
    size_t position;
    double *biases = &hw_pass_prompt_of(pass, b->rows, b->first + i, &position)->out->biases;
    *biases += dot(layer->b_out, b->behind + i * d, d) + dot(layer->b_in, b->neurons + i * d_ffn, d_ffn) +
               dot(layer->ffn_norm_beta, b->normed + i * d, d); /* none where the attention's norm is shared, which notes its own */
    if (pass->model->config.gated) *biases += dot(layer->b_gate, b->gates + i * d_ffn, d_ffn);
  }
}

/* Co-vectors of the norm's output, in b->normed, and through the norm. */
static void finish(hw_pass *pass, const block *b) {
  const hw_model_config *c = &pass->model->config;
  const hw_layer *layer = &pass->model->layers[b->layer];
  size_t d = (size_t)c->d_model, d_ffn = (size_t)c->d_ffn;
  hw_matrix in = hw_matrix_transposed(&layer->w_in), gate = hw_matrix_transposed(&layer->w_gate);
  hw_team_gemm(&in, b->neurons, d_ffn, b->normed, d, b->n, pass->team);
  if (c->gated) {
    hw_team_gemm(&gate, b->gates, d_ffn, b->more, d, b->n, pass->team);
    hw_add_rows(b->normed, b->more, NULL, b->n, d, b->normed);
  }
  note_biases(pass, b);
  float *to = pass->model->config.parallel ? pass->beside : pass->state;
  for (size_t i = 0; i < b->n; i++) {
    size_t r = b->first + i;
    if (shares_norm(pass, layer))
      memcpy(pass->branch + r * d, b->normed + i * d, d * sizeof *b->normed);
    else
      hw_pass_norm(pass, hw_pass_input_norm(pass), input_row(pass, b, 0, i), input_row(pass, b, 1, i), layer->ffn_norm_gamma, d, b->normed + i * d, to + r * d);
  }
}

static bool new_block(const hw_pass *pass, block *b, size_t n) {
  size_t d = (size_t)pass->model->config.d_model, d_ffn = (size_t)pass->model->config.d_ffn, gated = pass->model->config.gated ? n : 0;
  float **const wide[] = {&b->neurons, &b->gates, &b->gate[0], &b->gate[1], &b->slopes};
  const size_t rows[] = {n, gated, 1, 1, 1};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (!(*wide[i] = hw_arena_new(pass->work, float, rows[i] * d_ffn, pass->err))) return false;
  float **const narrow[] = {&b->behind, &b->normed, &b->more};
  for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++)
    if (!(*narrow[i] = hw_arena_new(pass->work, float, n * d, pass->err))) return false;
  bool behind_norm = pass->model->layers[b->layer].ffn_out_gamma != NULL;
  for (int side = 0; side < BOTH && behind_norm; side++)
    if (!(b->outputs[side] = hw_arena_new(pass->work, float, n * d, pass->err))) return false;
  b->ranked = hw_arena_new(pass->work, ranked, d_ffn, pass->err);
  return b->ranked != NULL;
}

size_t hw_pass_ffn_bytes(const hw_model *model, size_t n_rows) {
  enum { WIDE = 2, OF_A_ROW = 3, NARROW = 5 }; /* new_block */
  size_t n = n_rows < ROWS_TOGETHER ? n_rows : ROWS_TOGETHER, d = (size_t)model->config.d_model, d_ffn = (size_t)model->config.d_ffn;
  return n * (WIDE * d_ffn + NARROW * d) * sizeof(float) + d_ffn * (OF_A_ROW * sizeof(float) + sizeof(ranked)) + (WIDE + OF_A_ROW + NARROW + 1) * (size_t)HW_ARENA_OVERHEAD;
}

bool hw_pass_ffn(hw_pass *pass, size_t layer, const hw_pass_rows *rows) {
  const hw_model_config *c = &pass->model->config;
  size_t d = (size_t)c->d_model, d_ffn = (size_t)c->d_ffn, most = rows->n < ROWS_TOGETHER ? rows->n : ROWS_TOGETHER;
  hw_matrix out = hw_matrix_transposed(&pass->model->layers[layer].w_out);
  block b = {.rows = rows, .layer = layer};
  if (c->parallel) {
    memset(pass->branch, 0, rows->n * d * sizeof *pass->branch);
    memset(pass->beside, 0, rows->n * d * sizeof *pass->beside);
  }
  if (d_ffn == 0) return true;
  if (!new_block(pass, &b, most)) return false;
  for (; b.first < rows->n; b.first += b.n) {
    b.n = rows->n - b.first < most ? rows->n - b.first : most;
    start(pass, &b);
    hw_team_gemm(&out, b.behind, d, b.neurons, d_ffn, b.n, pass->team);
    note_parts(pass, &b);
    through_neurons(pass, &b);
    finish(pass, &b);
  }
  return true;
}
