/* SPDX-License-Identifier: Apache-2.0
 * The backward pass through the attention of a layer: output projection, heads, and the projections of q, k and v. */
#include "relevance/attention.h"

#include <math.h>
#include <string.h>

#include "engine/heads.h"
#include "model/rotary.h"
#include "relevance/secant.h"
#include "relevance/span.h"
#include "tensor/isa.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

enum { BOTH = 2 };

static size_t query_width(const hw_pass *pass) { return (size_t)(pass->model->config.n_heads * pass->model->config.d_head); }
static size_t key_width(const hw_pass *pass) { return (size_t)(pass->model->config.n_kv_heads * pass->model->config.d_head); }
static size_t row_at(const hw_pass_rows *rows, int side, size_t r) { return (side ? rows->reference : rows->own)[r]; }

static float *new_floats(const hw_pass *pass, size_t rows, size_t width) {
  size_t n;
  if (hw_size_product(rows, width, &n)) return hw_arena_new(pass->work, float, n, pass->err);
  hw_fail_memory(pass->err, "a backward pass");
  return NULL;
}

static size_t longest_prompt(const hw_pass *pass) {
  size_t longest = 1;
  for (size_t p = 0; p < pass->n_prompts; p++)
    if (pass->prompts[p].n_tokens > longest) longest = pass->prompts[p].n_tokens;
  return longest;
}

/* ---- Output ---- */

/* o, what the attention gives before an output norm. */
static bool run_output(const hw_pass *pass, size_t layer, const hw_pass_rows *rows, int side, float *out) {
  const hw_layer *l = &pass->model->layers[layer];
  size_t d = (size_t)pass->model->config.d_model, heads = query_width(pass), longest = longest_prompt(pass), position;
  float *mixes = new_floats(pass, rows->n, heads), *weights = new_floats(pass, longest, 1), *values = new_floats(pass, longest, (size_t)pass->model->config.d_head);
  if (!mixes || !weights || !values) return false;
  for (size_t r = 0; r < rows->n; r++) {
    const hw_pass_prompt *prompt = hw_pass_prompt_of(pass, rows, r, &position);
    hw_mix_heads(pass->acts, layer, side ? prompt->reference : prompt->prompt, position, weights, values, mixes + r * heads);
  }
  hw_team_gemm(&l->w_o, mixes, heads, out, d, rows->n, pass->team);
  hw_add_bias(out, d, l->attn_bias, rows->n, d);
  return true;
}

/* Co-vectors of o from those of the state: through the output norm. */
static float *through_output_norm(const hw_pass *pass, size_t layer, const hw_pass_rows *rows) {
  const hw_model_config *c = &pass->model->config;
  size_t d = (size_t)c->d_model;
  float *outputs[BOTH] = {new_floats(pass, rows->n, d), new_floats(pass, rows->n, d)}, *to = new_floats(pass, rows->n, d);
  if (!outputs[0] || !outputs[1] || !to) return NULL;
  for (int side = 0; side < (pass->contrast ? BOTH : 1); side++)
    if (!run_output(pass, layer, rows, side, outputs[side])) return NULL;
  memset(to, 0, rows->n * d * sizeof *to);
  for (size_t r = 0; r < rows->n; r++)
    hw_pass_norm(pass, c->residual_factor > 0 ? HW_NORM_NONE : HW_NORM_RMS, outputs[0] + r * d, outputs[1] + r * d, pass->model->layers[layer].attn_out_gamma, d,
                 pass->state + r * d, to + r * d);
  return to;
}

/* Co-vectors of the heads' mixes. */
static bool start(const hw_pass *pass, hw_pass_layer *w) {
  const hw_layer *layer = &pass->model->layers[w->layer];
  size_t d = (size_t)pass->model->config.d_model, heads = query_width(pass), n = w->rows->n, position;
  hw_matrix back = hw_matrix_transposed(&layer->w_o);
  float *mixed = new_floats(pass, n, heads), *parts = mixed, *output = layer->attn_out_gamma ? through_output_norm(pass, w->layer, w->rows) : pass->state;
  if (!mixed || !output) return false;
  hw_team_gemm(&back, output, d, mixed, heads, n, pass->team);
  if (layer->attn_out_gamma) {
    float *scaled = new_floats(pass, n, d);
    if (!scaled || !(parts = new_floats(pass, n, heads))) return false;
    memcpy(scaled, pass->state, n * d * sizeof *scaled);
    for (size_t r = 0; r < n; r++) hw_multiply(scaled + r * d, layer->attn_out_gamma, d);
    hw_team_gemm(&back, scaled, d, parts, heads, n, pass->team);
  }
  w->mixed = mixed;
  w->parts = parts;
  for (size_t r = 0; r < n && !pass->contrast && layer->attn_bias; r++)
    hw_pass_prompt_of(pass, w->rows, r, &position)->out->biases += hw_difference_dot(layer->attn_bias, NULL, output + r * d, d);
  return true;
}

/* ---- Back to the projections of q, k and v ---- */

/* The rotations are orthogonal but for a factor that the tables have: their inverse directions give the transposed maps. */
static bool turn_back(const hw_pass *pass, size_t layer, float *q, float *k) {
  const hw_model_config *c = &pass->model->config;
  size_t d_rotary = pass->model->d_rotary, half = d_rotary / 2, d_head = (size_t)c->d_head, longest = longest_prompt(pass);
  if (c->positions != HW_POSITION_ROTARY || c->positionless[layer] || d_rotary == 0) return true;
  void (*turn)(float *, const float *, const float *, size_t) = c->rope.interleaved ? hw_rotate_pairs : hw_rotate_half;
  float *cosine = new_floats(pass, longest, half), *sine = new_floats(pass, longest, half);
  double *frequency = hw_arena_new(pass->work, double, half, pass->err);
  if (!cosine || !sine || !frequency) return false;
  for (size_t p = 0; p < pass->n_prompts; p++) {
    const hw_pass_prompt *prompt = &pass->prompts[p];
    size_t n = prompt->n_tokens - prompt->begin;
    hw_rotary_table(pass->model, prompt->n_tokens, prompt->begin, c->local_theta > 0 && c->windowed[layer], frequency, cosine, sine);
    hw_scale(sine, -1, n * half);
    for (size_t i = 0; i < n; i++) {
      for (size_t h = 0; h < (size_t)c->n_heads; h++) turn(q + ((prompt->first + i) * (size_t)c->n_heads + h) * d_head, cosine + i * half, sine + i * half, d_rotary);
      for (size_t h = 0; h < (size_t)c->n_kv_heads; h++) turn(k + ((prompt->first + i) * (size_t)c->n_kv_heads + h) * d_head, cosine + i * half, sine + i * half, d_rotary);
    }
  }
  return true;
}

/* g times the secant of clipping between x and other, or of answer relevance its ratio. */
static void through_clip(const hw_pass *pass, const float *x, const float *other, size_t n, float *g) {
  double most = pass->model->config.qkv_clip;
  for (size_t i = 0; i < n; i++)
    g[i] = (float)(hw_limit_secant((double)x[i], pass->contrast ? (double)other[i] : 0, -most, most) * (double)g[i]);
}

/* Co-vectors of q or k through clipping and norms of heads. raw: before both, of either run. */
static bool through_norms(const hw_pass *pass, float *const raw[BOTH], const float *gamma, const float *beta, size_t n_heads, float *g) {
  size_t n = pass->all.n, cells = n * n_heads * (size_t)pass->model->config.d_head, width, n_norms;
  bool each;
  hw_norm_kind kind = hw_heads_norm_shape(pass->model, n_heads, &width, &n_norms, &each);
  if (pass->model->config.qkv_clip > 0) {
    float *normed[BOTH];
    for (int side = 0; side < BOTH; side++) {
      if (!(normed[side] = new_floats(pass, cells, 1))) return false;
      memcpy(normed[side], raw[side], cells * sizeof(float));
      hw_heads_norm(pass->model, normed[side], gamma, beta, n, n_heads);
    }
    through_clip(pass, normed[0], normed[1], cells, g);
  }
  if (!gamma) return true;
  float *to = hw_arena_znew(pass->work, float, cells, pass->err);
  if (!to) return false;
  for (size_t i = 0; i < n * n_norms; i++)
    hw_pass_norm(pass, kind, raw[0] + i * width, raw[1] + i * width, gamma + (each ? i % n_norms * width : 0), width, g + i * width, to + i * width);
  memcpy(g, to, cells * sizeof *g);
  return true;
}

/* q, k and v of a run as the products give them. */
static bool run_projections(const hw_pass *pass, size_t layer, int side, float *q, float *k, float *v) {
  const hw_model_config *c = &pass->model->config;
  const hw_layer *l = &pass->model->layers[layer];
  size_t d = (size_t)c->d_model, n = pass->all.n;
  float *normed = new_floats(pass, n, d), *fused = new_floats(pass, n, hw_heads_fused_width(pass->model));
  if (!normed || !fused) return false;
  for (size_t r = 0; r < n; r++)
    hw_norm_row(hw_pass_input_norm(pass), pass->acts->resid[layer] + row_at(&pass->all, side, r) * d, l->attn_norm_gamma, l->attn_norm_beta, (float)c->norm_eps, d, normed + r * d);
  hw_heads_multiply(pass->model, layer, normed, n, fused, q, k, v, pass->team);
  hw_heads_sort(pass->model, layer, fused, n, q, k, v);
  return true;
}

/* Where q, k or v are normalised or clipped, the secants are taken at what the products gave. */
static bool through_shaping(const hw_pass *pass, const hw_pass_layer *w) {
  const hw_model_config *c = &pass->model->config;
  const hw_layer *l = &pass->model->layers[w->layer];
  size_t n = pass->all.n;
  float *q[BOTH], *k[BOTH], *v[BOTH];
  if (!(c->qkv_clip > 0) && !(pass->contrast && (l->q_norm_gamma || l->k_norm_gamma))) return true;
  for (int side = 0; side < BOTH; side++) {
    q[side] = new_floats(pass, n, query_width(pass));
    k[side] = new_floats(pass, n, key_width(pass));
    v[side] = new_floats(pass, n, key_width(pass));
    if (!q[side] || !k[side] || !v[side] || !run_projections(pass, w->layer, side, q[side], k[side], v[side])) return false;
  }
  if (c->qkv_clip > 0) through_clip(pass, v[0], v[1], n * key_width(pass), w->v);
  return !pass->contrast || (through_norms(pass, q, l->q_norm_gamma, l->q_norm_beta, (size_t)c->n_heads, w->q) &&
                             through_norms(pass, k, l->k_norm_gamma, l->k_norm_beta, (size_t)c->n_kv_heads, w->k));
}

/* Whether the values of the layer have co-vectors from the last positions alone, and a span takes them down. */
static bool at_span(const hw_pass *pass, const hw_pass_layer *w) { return pass->span && w->rows == &pass->last; }

/* What a layer's projections give to pass->branch. */
typedef struct projections {
  float *product; /* [rows, d_model] */
  bool empty;     /* nothing is in the branch */
} projections;

/* Where a product goes; and what is done when it is there. */
static float *place_of_product(const hw_pass *pass, const projections *to) { return to->empty ? pass->branch : to->product; }

static void take_product(const hw_pass *pass, projections *to) {
  if (!to->empty) hw_add_rows(pass->branch, to->product, NULL, pass->all.n, (size_t)pass->model->config.d_model, pass->branch);
  to->empty = false;
}

/* g: rows that lie ld floats apart. */
static void add_product(const hw_pass *pass, const hw_matrix *weights, const float *g, size_t ld, projections *to) {
  hw_matrix back = hw_matrix_transposed(weights);
  hw_team_gemm(&back, g, ld, place_of_product(pass, to), (size_t)pass->model->config.d_model, pass->all.n, pass->team);
  take_product(pass, to);
}

/* [span.n, n_heads, width of the values] what a head gives the values that it reads, where its pattern is 1. */
static float *vectors_of_values(const hw_pass *pass, const hw_pass_layer *w) {
  size_t d_head = (size_t)pass->model->config.d_head, heads = (size_t)pass->model->config.n_heads, per_group = heads / (size_t)pass->model->config.n_kv_heads;
  float *vectors = hw_arena_znew(pass->work, float, pass->span->n * heads * key_width(pass), pass->err);
  for (size_t p = 0; p < pass->n_prompts && vectors; p++)
    for (size_t h = 0; h < heads && hw_span_is_worth(pass, &pass->prompts[p]); h++)
      memcpy(vectors + (pass->prompts[p].place * heads + h) * key_width(pass) + h / per_group * d_head, w->mixed + (p * heads + h) * d_head, d_head * sizeof *vectors);
  return vectors;
}

/* The values alone, from rows that have a span. */
static bool through_spanned_values(const hw_pass *pass, const hw_pass_layer *w, const hw_matrix *weights, projections *to) {
  hw_matrix back = hw_matrix_transposed(weights);
  const float *vectors = vectors_of_values(pass, w);
  if (!vectors || !hw_span_gemm(pass, &back, vectors, w->v, 0, pass->all.n, place_of_product(pass, to), pass->span->vectors)) return false;
  take_product(pass, to);
  return true;
}

/* Outputs of fused weights that the pass goes through: all, or in answer relevance those from the first value to the last one. */
static void fused_outputs(const hw_pass *pass, size_t *first, size_t *end) {
  *first = 0;
  *end = hw_heads_fused_width(pass->model);
  if (!pass->contrast) hw_qkv_values(pass->model, first, end);
}

/* A product begins with a chain of the whole row, so that its sums have the same bits. */
bool hw_pass_reads_scores(const hw_pass *pass) {
  size_t first, end;
  if (pass->contrast || !hw_heads_fused_width(pass->model)) return pass->contrast;
  fused_outputs(pass, &first, &end);
  return end - first != key_width(pass) || first % HW_CHAIN_INPUTS != 0;
}

static bool through_fused(const hw_pass *pass, const hw_pass_layer *w, projections *to) {
  size_t heads = query_width(pass), kv = key_width(pass), width = hw_heads_fused_width(pass->model), first, end;
  fused_outputs(pass, &first, &end);
  first -= first % HW_CHAIN_INPUTS;
  hw_matrix used = hw_matrix_outputs(&pass->model->layers[w->layer].w_qkv, first, end - first);
  if (at_span(pass, w)) return through_spanned_values(pass, w, &used, to);
  if (!hw_pass_reads_scores(pass)) {
    add_product(pass, &used, w->v, kv, to);
    return true;
  }
  float *fused = new_floats(pass, pass->all.n, width);
  if (!fused) return false;
  for (size_t r = 0; r < pass->all.n; r++) hw_qkv_join(pass->model, w->q + r * heads, w->k + r * kv, w->v + r * kv, fused + r * width);
  add_product(pass, &used, fused + first, width, to);
  return true;
}

/* pass->branch (+)= the co-vectors of q, k and v times their weights. Nothing goes through q and k in answer relevance. */
static bool through_projections(const hw_pass *pass, const hw_pass_layer *w) {
  const hw_layer *l = &pass->model->layers[w->layer];
  projections to = {.product = new_floats(pass, pass->all.n, (size_t)pass->model->config.d_model), .empty = !pass->model->config.parallel};
  if (!to.product) return false;
  if (hw_heads_fused_width(pass->model)) return through_fused(pass, w, &to);
  if (pass->contrast) {
    add_product(pass, &l->w_q, w->q, query_width(pass), &to);
    add_product(pass, &l->w_k, w->k, key_width(pass), &to);
  }
  if (at_span(pass, w)) return through_spanned_values(pass, w, &l->w_v, &to);
  add_product(pass, &l->w_v, w->v, key_width(pass), &to);
  return true;
}

/* ---- The layer ---- */

/* Co-vectors of the last positions become those of all, zero elsewhere. */
static bool spread(const hw_pass *pass, float *g) {
  size_t d = (size_t)pass->model->config.d_model;
  float *last = new_floats(pass, pass->n_prompts, d);
  if (!last) return false;
  memcpy(last, g, pass->n_prompts * d * sizeof *g);
  memset(g, 0, pass->all.n * d * sizeof *g);
  for (size_t p = 0; p < pass->n_prompts; p++) {
    const hw_pass_prompt *prompt = &pass->prompts[p];
    memcpy(g + (prompt->first + prompt->n_tokens - 1 - prompt->begin) * d, last + p * d, d * sizeof *g);
  }
  return true;
}

static void note_biases(const hw_pass *pass, const hw_pass_layer *w) {
  const hw_layer *l = &pass->model->layers[w->layer];
  size_t d = (size_t)pass->model->config.d_model, kv = key_width(pass), position;
  for (size_t r = 0; r < pass->all.n; r++) {
    double *biases = &hw_pass_prompt_of(pass, &pass->all, r, &position)->out->biases;
    if (l->attn_norm_beta) *biases += hw_difference_dot(l->attn_norm_beta, NULL, pass->branch + r * d, d);
    if (l->b_v) *biases += hw_difference_dot(l->b_v, NULL, w->v + r * kv, kv);
  }
}

bool hw_pass_attention(hw_pass *pass, size_t layer, const hw_pass_rows *rows) {
  const hw_model_config *c = &pass->model->config;
  size_t d = (size_t)c->d_model, n = pass->all.n, n_scored = hw_pass_reads_scores(pass) ? n : 0;
  hw_pass_layer w = {.layer = layer, .rows = rows, .q = hw_arena_znew(pass->work, float, n_scored * query_width(pass), pass->err),
                     .k = hw_arena_znew(pass->work, float, n_scored * key_width(pass), pass->err), .v = hw_arena_znew(pass->work, float, n * key_width(pass), pass->err)};
  w.shares = at_span(pass, &w) ? pass->span->shares : NULL;
  if (!w.q || !w.k || !w.v || !start(pass, &w) || !hw_pass_heads(pass, &w)) return false;
  if (rows == &pass->last && (!spread(pass, pass->state) || (c->parallel && (!spread(pass, pass->branch) || !spread(pass, pass->beside))))) return false;
  if ((pass->contrast && !turn_back(pass, layer, w.q, w.k)) || !through_shaping(pass, &w) || !through_projections(pass, &w)) return false;
  if (!pass->contrast) note_biases(pass, &w);
  if (at_span(pass, &w) && !hw_span_norm(pass, layer)) return false;
  for (size_t r = 0; r < n; r++)
    hw_pass_norm(pass, hw_pass_input_norm(pass), pass->acts->resid[layer] + pass->all.own[r] * d, pass->acts->resid[layer] + pass->all.reference[r] * d,
                 pass->model->layers[layer].attn_norm_gamma, d, pass->branch + r * d, pass->state + r * d);
  if (c->parallel) hw_add_rows(pass->state, pass->beside, NULL, n, d, pass->state);
  return true;
}

/* Of rows: the q, k, v of the pass, the heads' mixes, and what projections, output norms and shaping take (start, turn_back, through_shaping,
 * through_projections, spread). */
size_t hw_pass_attention_bytes(const hw_model *model, size_t n_rows, size_t longest) {
  const hw_model_config *c = &model->config;
  size_t d = (size_t)c->d_model, heads = (size_t)(c->n_heads * c->d_head), kv = (size_t)(c->n_kv_heads * c->d_head), fused = hw_heads_fused_width(model);
  bool shaped = c->qkv_clip > 0 || model->layers[0].q_norm_gamma || model->layers[0].k_norm_gamma, behind_norm = model->layers[0].attn_out_gamma != NULL;
  size_t own = heads + 2 * kv, row = own + heads + 2 * d + fused + 3 * d;
  if (behind_norm) row += 3 * heads + 4 * d;
  if (shaped) row += BOTH * (own + d + fused) + 3 * heads;
  return n_rows * row * sizeof(float) + longest * (2 * model->d_rotary + 2 * (size_t)c->d_head + 1) * sizeof(float) + model->d_rotary * sizeof(double) + 40 * (size_t)HW_ARENA_OVERHEAD;
}
