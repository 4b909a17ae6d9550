/* SPDX-License-Identifier: Apache-2.0
 * The one forward pass: reads the model's shape from its config and layer structs. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/real.h"
#include "engine/mixture.h"
#include "headwater/model.h"
#include "model/rotary.h"
#include "tensor/kernels.h"

enum { N_BASES = 2 }; /* of all layers, and of those with a window where these have their own */

typedef struct pass {
  const hw_model *model;
  hw_activations *acts;
  float *panel;
  float *normed;   /* [rows, d_model] */
  float *wide;     /* [rows, max(n_heads * d_head, fused q k v, d_ffn)] */
  float *narrow;   /* [rows, d_model] */
  float *weights;  /* [longest prompt] */
  float *cosine[N_BASES], *sine[N_BASES]; /* [rows, d_rotary / 2] of each rotary base */
  double *frequency; /* [d_rotary / 2] */
  hw_mixture mixture;
} pass;

bool hw_model_check_ids(const hw_model *model, const int32_t *ids, size_t n, hw_error *err) {
  if (n == 0) return hw_fail(err, HW_ERROR_PROMPT, "the prompt has no tokens");
  if (n > (size_t)model->config.n_ctx)
    return hw_fail(err, HW_ERROR_PROMPT, "the prompt has %zu tokens, the model takes at most %" PRId64, n, model->config.n_ctx);
  for (size_t i = 0; i < n; i++)
    if (ids[i] < 0 || ids[i] >= model->config.vocab_size)
      return hw_fail(err, HW_ERROR_PROMPT, "token id %" PRId32 " at position %zu is outside of the vocabulary of %" PRId64, ids[i], i,
                     model->config.vocab_size);
  return true;
}

static void norm_rows(const pass *p, const float *x, const float *gamma, const float *beta) {
  const hw_model_config *c = &p->model->config;
  size_t d = (size_t)c->d_model;
  for (size_t r = 0; r < p->acts->batch.n_rows; r++)
    hw_norm_row(c->no_input_norm ? HW_NORM_NONE : c->norm, x + r * d, gamma, beta, (float)c->norm_eps, d, p->normed + r * d);
}

static void embed(const pass *p) {
  const hw_model *model = p->model;
  const hw_batch *batch = &p->acts->batch;
  size_t d = (size_t)model->config.d_model;
  for (size_t prompt = 0; prompt < batch->n_prompts; prompt++)
    for (size_t r = batch->first[prompt]; r < batch->first[prompt + 1]; r++) {
      float *x = p->acts->resid[0] + r * d;
      hw_matrix_row(&model->token_embedding, (size_t)batch->ids[r], 0, d, x);
      if (model->config.scale_embedding) hw_scale(x, sqrtf((float)d), d);
      if (model->config.embedding_factor > 0) hw_scale(x, (float)model->config.embedding_factor, d);
      if (model->embedding_gamma)
        hw_norm_row(model->config.norm, x, model->embedding_gamma, model->embedding_beta, (float)model->config.norm_eps, d, x);
      if (!model->position_embedding.data) continue;
      hw_matrix_row(&model->position_embedding, r - batch->first[prompt] + (size_t)model->config.position_offset, 0, d, p->narrow);
      hw_add_rows(x, p->narrow, NULL, 1, d);
    }
}

static size_t n_rotary_bases(const hw_model *model) { return model->d_rotary == 0 ? 0 : model->config.local_theta > 0 ? 2 : 1; }

static void make_rotary_tables(const pass *p) {
  const hw_model *model = p->model;
  const hw_batch *batch = &p->acts->batch;
  size_t half = model->d_rotary / 2;
  for (size_t prompt = 0; prompt < batch->n_prompts; prompt++)
    for (size_t base = 0; base < n_rotary_bases(model); base++) {
      size_t first = batch->first[prompt], n = batch->first[prompt + 1] - first;
      double factor = hw_rotary_frequencies(model, n, base == 1, p->frequency);
      for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < half; t++) {
          double sine, cosine;
          hw_sin_cos((double)i * p->frequency[t], &sine, &cosine);
          p->cosine[base][(first + i) * half + t] = (float)(factor * cosine);
          p->sine[base][(first + i) * half + t] = (float)(factor * sine);
        }
    }
}

static void rotate(const pass *p, size_t l, float *x, size_t n_heads) {
  const hw_model_config *c = &p->model->config;
  size_t d_head = (size_t)c->d_head, d_rotary = p->model->d_rotary, half = d_rotary / 2;
  size_t base = c->local_theta > 0 && c->windowed[l];
  void (*turn)(float *, const float *, const float *, size_t) = c->rope.interleaved ? hw_rotate_pairs : hw_rotate_half;
  for (size_t r = 0; r < p->acts->batch.n_rows; r++)
    for (size_t h = 0; h < n_heads; h++)
      turn(x + (r * n_heads + h) * d_head, p->cosine[base] + r * half, p->sine[base] + r * half, d_rotary);
}

size_t hw_attention_first(const hw_model *model, size_t layer, size_t i) {
  size_t window = (size_t)model->layers[layer].window;
  return window && i >= window ? i + 1 - window : 0;
}

void hw_attention_weights(const hw_activations *acts, size_t layer, size_t head, size_t prompt, size_t i, float *out) {
  const hw_model_config *c = &acts->model->config;
  size_t d_head = (size_t)c->d_head, ldq = (size_t)c->n_heads * d_head, ldk = (size_t)c->n_kv_heads * d_head;
  size_t group = head / (size_t)(c->n_heads / c->n_kv_heads), row = acts->batch.first[prompt], first = hw_attention_first(acts->model, layer, i);
  memset(out, 0, first * sizeof *out);
  const hw_scoring scoring = {.scale = acts->model->layers[layer].attention_scale, .cap = (float)c->attention_cap,
                              .slope = acts->model->alibi_slopes ? acts->model->alibi_slopes[head] : 0,
                              .sink = acts->model->layers[layer].sinks ? acts->model->layers[layer].sinks + head : NULL};
  hw_attention_row(acts->q[layer] + (row + i) * ldq + head * d_head, acts->k[layer] + (row + first) * ldk + group * d_head, ldk,
                   i + 1 - first, d_head, &scoring, out + first);
}

static void attend(const pass *p, size_t l) {
  const hw_model_config *c = &p->model->config;
  const hw_batch *batch = &p->acts->batch;
  size_t d_head = (size_t)c->d_head, n_heads = (size_t)c->n_heads, per_group = (size_t)(c->n_heads / c->n_kv_heads);
  size_t ldq = n_heads * d_head, ldv = (size_t)c->n_kv_heads * d_head;
  for (size_t prompt = 0; prompt < batch->n_prompts; prompt++) {
    size_t row = batch->first[prompt], n = batch->first[prompt + 1] - row;
    for (size_t h = 0; h < n_heads; h++)
      for (size_t i = 0; i < n; i++) {
        size_t first = hw_attention_first(p->model, l, i);
        hw_attention_weights(p->acts, l, h, prompt, i, p->weights);
        hw_weighted_sum(p->weights + first, p->acts->v[l] + (row + first) * ldv + h / per_group * d_head, ldv, i + 1 - first, d_head,
                        p->wide + (row + i) * ldq + h * d_head);
      }
  }
}

/* One product for fused weights whose outputs lie in groups. */
static void project_fused(const pass *p, size_t l) {
  const hw_model_config *c = &p->model->config;
  size_t n = p->acts->batch.n_rows, heads = (size_t)(c->n_heads * c->d_head), kv = (size_t)(c->n_kv_heads * c->d_head), width = heads + 2 * kv;
  hw_gemm(&p->model->layers[l].w_qkv, p->normed, (size_t)c->d_model, p->wide, width, n, p->panel);
  for (size_t r = 0; r < n; r++)
    hw_qkv_sort(p->model, p->wide + r * width, p->acts->q[l] + r * heads, p->acts->k[l] + r * kv, p->acts->v[l] + r * kv);
}

static void norm_heads(const pass *p, float *x, const float *gamma, const float *beta, size_t n_heads) {
  const hw_model_config *c = &p->model->config;
  size_t d_head = (size_t)c->d_head, n = p->acts->batch.n_rows;
  if (!gamma) return;
  if (c->qk_norm == HW_QK_NORM_WIDE) {
    size_t width = n_heads * d_head;
    for (size_t r = 0; r < n; r++) hw_norm_row(HW_NORM_RMS, x + r * width, gamma, beta, (float)c->norm_eps, width, x + r * width);
    return;
  }
  bool each = c->qk_norm == HW_QK_NORM_EACH;
  for (size_t i = 0; i < n * n_heads; i++)
    hw_norm_row(each || c->qk_norm == HW_QK_NORM_LAYER ? HW_NORM_LAYER : HW_NORM_RMS, x + i * d_head, each ? gamma + i % n_heads * d_head : gamma, beta,
                (float)c->norm_eps, d_head, x + i * d_head);
}

/* q, k and v as the attention uses them: normalised, clipped, rotated. */
static void project_qkv(const pass *p, size_t l) {
  const hw_model_config *c = &p->model->config;
  const hw_layer *layer = &p->model->layers[l];
  size_t n = p->acts->batch.n_rows, d = (size_t)c->d_model, heads = (size_t)(c->n_heads * c->d_head), kv = (size_t)(c->n_kv_heads * c->d_head);
  float *q = p->acts->q[l], *k = p->acts->k[l], *v = p->acts->v[l];
  if (layer->w_qkv.data) {
    project_fused(p, l);
  } else {
    hw_gemm(&layer->w_q, p->normed, d, q, heads, n, p->panel);
    hw_gemm(&layer->w_k, p->normed, d, k, kv, n, p->panel);
    hw_gemm(&layer->w_v, p->normed, d, v, kv, n, p->panel);
  }
  hw_add_bias(q, heads, layer->b_q, n, heads);
  hw_add_bias(k, kv, layer->b_k, n, kv);
  hw_add_bias(v, kv, layer->b_v, n, kv);
  norm_heads(p, q, layer->q_norm_gamma, layer->q_norm_beta, (size_t)c->n_heads);
  norm_heads(p, k, layer->k_norm_gamma, layer->k_norm_beta, (size_t)c->n_kv_heads);
  if (c->qkv_clip > 0) {
    hw_clip(q, (float)c->qkv_clip, n * heads);
    hw_clip(k, (float)c->qkv_clip, n * kv);
    hw_clip(v, (float)c->qkv_clip, n * kv);
  }
  if (c->positions == HW_POSITION_ROTARY && !c->positionless[l]) {
    rotate(p, l, q, (size_t)c->n_heads);
    rotate(p, l, k, (size_t)c->n_kv_heads);
  }
}

/* state = before + narrow + bias; with an output norm what is added is normalised first and the divisor kept; it may have a gain alone. */
static void add_branch(const pass *p, const float *before, const float *bias, const float *out_gamma, float *scale, float *state) {
  const hw_model_config *c = &p->model->config;
  size_t n = p->acts->batch.n_rows, d = (size_t)c->d_model;
  if (out_gamma) {
    hw_add_bias(p->narrow, d, bias, n, d);
    hw_norm_kind norm = c->residual_factor > 0 ? HW_NORM_NONE : HW_NORM_RMS;
    for (size_t r = 0; r < n; r++) {
      scale[r] = 1.0f / hw_norm_scale(norm, p->narrow + r * d, (float)c->norm_eps, d);
      hw_norm_row(norm, p->narrow + r * d, out_gamma, NULL, (float)c->norm_eps, d, p->narrow + r * d);
    }
    bias = NULL;
  }
  memcpy(state, before, n * d * sizeof *state);
  hw_add_rows(state, p->narrow, bias, n, d);
}

static void attention_block(const pass *p, size_t l) {
  const hw_model_config *c = &p->model->config;
  const hw_layer *layer = &p->model->layers[l];
  size_t n = p->acts->batch.n_rows, d = (size_t)c->d_model;
  size_t heads = (size_t)(c->n_heads * c->d_head);
  norm_rows(p, p->acts->resid[l], layer->attn_norm_gamma, layer->attn_norm_beta);
  project_qkv(p, l);
  attend(p, l);
  hw_gemm(&layer->w_o, p->wide, heads, p->narrow, d, n, p->panel);
  add_branch(p, p->acts->resid[l], layer->attn_bias, layer->attn_out_gamma, p->acts->attn_out_scale[l], p->acts->mid[l]);
}

/* In a parallel block with a single norm `normed` still holds what the attention read. */
static void ffn_block(const pass *p, size_t l) {
  const hw_model_config *c = &p->model->config;
  const hw_layer *layer = &p->model->layers[l];
  size_t n = p->acts->batch.n_rows, d = (size_t)c->d_model, d_ffn = (size_t)c->d_ffn;
  float *a = p->acts->neurons[l];
  if (d_ffn == 0) {
    memcpy(p->acts->resid[l + 1], p->acts->mid[l], n * d * sizeof *p->narrow);
    return;
  }
  if (!c->parallel || layer->ffn_norm_gamma)
    norm_rows(p, c->parallel ? p->acts->resid[l] : p->acts->mid[l], layer->ffn_norm_gamma, layer->ffn_norm_beta);
  if (layer->experts) {
    hw_mixture_run(&p->mixture, p->acts, l, p->normed, p->narrow, p->panel);
    add_branch(p, p->acts->mid[l], NULL, layer->ffn_out_gamma, p->acts->ffn_out_scale[l], p->acts->resid[l + 1]);
    return;
  }
  hw_gemm(c->gated ? &layer->w_gate : &layer->w_in, p->normed, d, a, d_ffn, n, p->panel);
  hw_add_bias(a, d_ffn, c->gated ? layer->b_gate : layer->b_in, n, d_ffn);
  if (c->gated) {
    hw_gemm(&layer->w_in, p->normed, d, p->wide, d_ffn, n, p->panel);
    hw_add_bias(p->wide, d_ffn, layer->b_in, n, d_ffn);
  }
  for (size_t r = 0; r < n; r++) { /* row by row: an element's bits depend on its place in the row alone */
    hw_activate(c->activation, a + r * d_ffn, d_ffn);
    if (c->gated) hw_multiply(a + r * d_ffn, p->wide + r * d_ffn, d_ffn);
  }
  hw_gemm(&layer->w_out, a, d_ffn, p->narrow, d, n, p->panel);
  add_branch(p, p->acts->mid[l], layer->b_out, layer->ffn_out_gamma, p->acts->ffn_out_scale[l], p->acts->resid[l + 1]);
}

/* Matrices of a forward pass that have one shape, as they are allocated and as they are counted. */
typedef struct matrix_group {
  float ***list;
  size_t count, rows, width;
} matrix_group;

enum { N_GROUPS = 13, N_WORKS = 5 };

static void list_groups(const hw_model *model, size_t n_rows, size_t longest, hw_activations *acts, float **work[N_WORKS], matrix_group groups[N_GROUPS]) {
  const hw_model_config *c = &model->config;
  size_t layers = (size_t)c->n_layers, d = (size_t)c->d_model, d_ffn = hw_active_neurons(c);
  size_t heads = (size_t)(c->n_heads * c->d_head), kv = (size_t)(c->n_kv_heads * c->d_head);
  size_t projected = model->layers[0].w_qkv.data ? heads + 2 * kv : heads;
  const matrix_group all[N_GROUPS] = {
      {&acts->resid, layers + 1, n_rows, d},
      {&acts->mid, layers, n_rows, d},
      {&acts->q, layers, n_rows, heads},
      {&acts->k, layers, n_rows, kv},
      {&acts->v, layers, n_rows, kv},
      {&acts->neurons, layers, n_rows, d_ffn},
      {&acts->attn_out_scale, layers, n_rows, 1},
      {&acts->ffn_out_scale, layers, n_rows, 1},
      {&work[0], 2, n_rows, d},                                       /* normed, narrow */
      {&work[1], 1, n_rows, projected > d_ffn ? projected : d_ffn},   /* wide */
      {&work[2], 2 * N_BASES, n_rows, model->d_rotary / 2},         /* cosine and sine */
      {&work[3], 1, longest, 1},                                    /* attention weights */
      {&work[4], 1, model->d_rotary, 1},                            /* rotary frequencies, float64 */
  };
  memcpy(groups, all, sizeof all);
}

size_t hw_forward_bytes(const hw_model *model, size_t n_rows, size_t longest) {
  hw_activations acts;
  float **work[N_WORKS];
  matrix_group groups[N_GROUPS];
  size_t bytes = hw_mixture_bytes(model, n_rows);
  list_groups(model, n_rows, longest, &acts, work, groups);
  for (int g = 0; g < N_GROUPS; g++)
    bytes += groups[g].count * (groups[g].rows * groups[g].width * sizeof(float) + HW_ARENA_OVERHEAD + sizeof(float *)) + HW_ARENA_OVERHEAD;
  return bytes;
}

static bool allocate(const matrix_group *group, hw_arena *arena, hw_error *err) {
  size_t cells;
  float **list = *group->list = hw_arena_new(arena, float *, group->count, err);
  if (!list) return false;
  if (!hw_size_product(group->rows, group->width, &cells)) return hw_fail_memory(err, "the activations");
  for (size_t i = 0; i < group->count; i++)
    if (!(list[i] = hw_arena_new(arena, float, cells, err))) return false;
  return true;
}

bool hw_forward(const hw_model *model, const hw_batch *batch, float *panel, hw_arena *arena, hw_activations *acts, hw_error *err) {
  size_t layers = (size_t)model->config.n_layers, n = batch->n_rows, longest = 1;
  for (size_t i = 0; i < batch->n_prompts; i++) {
    size_t length = batch->first[i + 1] - batch->first[i];
    if (length > longest) longest = length;
  }
  *acts = (hw_activations){.model = model, .batch = *batch};
  float **work[N_WORKS];
  matrix_group groups[N_GROUPS];
  if (!hw_arena_reserve(arena, hw_forward_bytes(model, n, longest), err)) return false;
  list_groups(model, n, longest, acts, work, groups);
  for (int g = 0; g < N_GROUPS; g++)
    if (!allocate(&groups[g], arena, err)) return false;
  pass p = {.model = model, .acts = acts, .panel = panel, .normed = work[0][0], .narrow = work[0][1], .wide = work[1][0],
            .cosine = {work[2][0], work[2][1]}, .sine = {work[2][2], work[2][3]}, .weights = work[3][0], .frequency = (double *)(void *)work[4][0]};
  if (!hw_mixture_open(model, n, arena, &p.mixture, acts, err)) return false;
  make_rotary_tables(&p);
  embed(&p);
  for (size_t l = 0; l < layers; l++) {
    attention_block(&p, l);
    ffn_block(&p, l);
  }
  return true;
}
