/* SPDX-License-Identifier: Apache-2.0
 * The one forward pass: reads the model's shape from its config and layer structs. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "headwater/model.h"

typedef struct pass {
  const hw_model *model;
  hw_activations *acts;
  float *panel;
  float *normed;   /* [rows, d_model] */
  float *wide;     /* [rows, max(n_heads * d_head, d_ffn)] */
  float *narrow;   /* [rows, d_model] */
  float *weights;  /* [longest prompt] */
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

size_t hw_activation_bytes(const hw_model *model) {
  const hw_model_config *c = &model->config;
  int64_t per_layer = 2 * c->d_model + (c->n_heads + 2 * c->n_kv_heads) * c->d_head + c->d_ffn;
  return sizeof(float) * (size_t)(c->n_layers * per_layer + c->d_model);
}

static void norm_rows(const pass *p, const float *x, const float *gamma, const float *beta) {
  const hw_model_config *c = &p->model->config;
  size_t d = (size_t)c->d_model;
  for (size_t r = 0; r < p->acts->batch.n_rows; r++)
    hw_norm_row(c->norm, x + r * d, gamma, beta, (float)c->norm_eps, d, p->normed + r * d);
}

static void embed(const pass *p) {
  const hw_model *model = p->model;
  const hw_batch *batch = &p->acts->batch;
  size_t d = (size_t)model->config.d_model, size = hw_dtype_size(model->token_embedding.dtype);
  for (size_t prompt = 0; prompt < batch->n_prompts; prompt++)
    for (size_t r = batch->first[prompt]; r < batch->first[prompt + 1]; r++) {
      float *x = p->acts->resid[0] + r * d;
      hw_widen((const unsigned char *)model->token_embedding.data + (size_t)batch->ids[r] * d * size, model->token_embedding.dtype, d, x);
      if (!model->position_embedding.data) continue;
      hw_dtype dtype = model->position_embedding.dtype;
      hw_widen((const unsigned char *)model->position_embedding.data + (r - batch->first[prompt]) * d * hw_dtype_size(dtype), dtype, d,
               p->narrow);
      hw_add_rows(x, p->narrow, NULL, 1, d);
    }
}

static void rotate(const pass *p, float *x, size_t n_heads) {
  const hw_model *model = p->model;
  const hw_batch *batch = &p->acts->batch;
  size_t d_head = (size_t)model->config.d_head, half = d_head / 2;
  for (size_t prompt = 0; prompt < batch->n_prompts; prompt++)
    for (size_t r = batch->first[prompt]; r < batch->first[prompt + 1]; r++) {
      size_t position = r - batch->first[prompt];
      for (size_t h = 0; h < n_heads; h++)
        hw_rotate_half(x + (r * n_heads + h) * d_head, model->rope_cos + position * half, model->rope_sin + position * half, d_head);
    }
}

void hw_attention_weights(const hw_activations *acts, size_t layer, size_t head, size_t prompt, size_t i, float *out) {
  const hw_model_config *c = &acts->model->config;
  size_t d_head = (size_t)c->d_head, ldq = (size_t)c->n_heads * d_head, ldk = (size_t)c->n_kv_heads * d_head;
  size_t group = head / (size_t)(c->n_heads / c->n_kv_heads), first = acts->batch.first[prompt];
  hw_attention_row(acts->q[layer] + (first + i) * ldq + head * d_head, acts->k[layer] + first * ldk + group * d_head, ldk, i + 1, d_head,
                   1.0f / sqrtf((float)d_head), out);
}

static void attend(const pass *p, size_t l) {
  const hw_model_config *c = &p->model->config;
  const hw_batch *batch = &p->acts->batch;
  size_t d_head = (size_t)c->d_head, n_heads = (size_t)c->n_heads, per_group = (size_t)(c->n_heads / c->n_kv_heads);
  size_t ldq = n_heads * d_head, ldv = (size_t)c->n_kv_heads * d_head;
  for (size_t prompt = 0; prompt < batch->n_prompts; prompt++) {
    size_t first = batch->first[prompt], n = batch->first[prompt + 1] - first;
    for (size_t h = 0; h < n_heads; h++)
      for (size_t i = 0; i < n; i++) {
        hw_attention_weights(p->acts, l, h, prompt, i, p->weights);
        hw_weighted_sum(p->weights, p->acts->v[l] + first * ldv + h / per_group * d_head, ldv, i + 1, d_head,
                        p->wide + (first + i) * ldq + h * d_head);
      }
  }
}

static void attention_block(const pass *p, size_t l) {
  const hw_model_config *c = &p->model->config;
  const hw_layer *layer = &p->model->layers[l];
  size_t n = p->acts->batch.n_rows, d = (size_t)c->d_model;
  size_t heads = (size_t)(c->n_heads * c->d_head), kv = (size_t)(c->n_kv_heads * c->d_head);
  norm_rows(p, p->acts->resid[l], layer->attn_norm_gamma, layer->attn_norm_beta);
  hw_gemm(&layer->w_q, p->normed, d, p->acts->q[l], heads, n, p->panel);
  hw_gemm(&layer->w_k, p->normed, d, p->acts->k[l], kv, n, p->panel);
  hw_gemm(&layer->w_v, p->normed, d, p->acts->v[l], kv, n, p->panel);
  hw_add_bias(p->acts->q[l], heads, layer->b_q, n, heads);
  hw_add_bias(p->acts->k[l], kv, layer->b_k, n, kv);
  if (c->positions == HW_POSITION_ROTARY) {
    rotate(p, p->acts->q[l], (size_t)c->n_heads);
    rotate(p, p->acts->k[l], (size_t)c->n_kv_heads);
  }
  memset(p->wide + n * heads, 0, (hw_tile_round(n) - n) * heads * sizeof *p->wide);
  attend(p, l);
  hw_gemm(&layer->w_o, p->wide, heads, p->narrow, d, n, p->panel);
  memcpy(p->acts->mid[l], p->acts->resid[l], n * d * sizeof *p->narrow);
  hw_add_rows(p->acts->mid[l], p->narrow, layer->attn_bias, n, d);
}

static void ffn_block(const pass *p, size_t l) {
  const hw_model_config *c = &p->model->config;
  const hw_layer *layer = &p->model->layers[l];
  size_t n = p->acts->batch.n_rows, d = (size_t)c->d_model, d_ffn = (size_t)c->d_ffn;
  float *a = p->acts->neurons[l];
  norm_rows(p, p->acts->mid[l], layer->ffn_norm_gamma, layer->ffn_norm_beta);
  hw_gemm(c->gated ? &layer->w_gate : &layer->w_in, p->normed, d, a, d_ffn, n, p->panel);
  if (c->gated) {
    hw_gemm(&layer->w_in, p->normed, d, p->wide, d_ffn, n, p->panel);
    hw_add_bias(p->wide, d_ffn, layer->b_in, n, d_ffn);
  } else {
    hw_add_bias(a, d_ffn, layer->b_in, n, d_ffn);
  }
  for (size_t r = 0; r < n; r++) { /* row by row: an element's bits depend on its place in the row alone */
    hw_activate(c->activation, a + r * d_ffn, d_ffn);
    if (c->gated) hw_multiply(a + r * d_ffn, p->wide + r * d_ffn, d_ffn);
  }
  hw_gemm(&layer->w_out, a, d_ffn, p->narrow, d, n, p->panel);
  memcpy(p->acts->resid[l + 1], p->acts->mid[l], n * d * sizeof *p->narrow);
  hw_add_rows(p->acts->resid[l + 1], p->narrow, layer->b_out, n, d);
}

/* One [rows, width] matrix a layer; rows past the batch's are zero, as the GEMM wants them. */
static float **matrices(hw_arena *arena, size_t count, size_t rows, size_t n_rows, size_t width, hw_error *err) {
  float **list = hw_arena_new(arena, float *, count, err);
  size_t cells;
  if (!list || !hw_size_product(rows, width, &cells)) return NULL;
  for (size_t i = 0; i < count; i++) {
    list[i] = hw_arena_new(arena, float, cells, err);
    if (!list[i]) return NULL;
    memset(list[i] + n_rows * width, 0, (rows - n_rows) * width * sizeof **list);
  }
  return list;
}

bool hw_forward(const hw_model *model, const hw_batch *batch, float *panel, hw_arena *arena, hw_activations *acts, hw_error *err) {
  const hw_model_config *c = &model->config;
  size_t layers = (size_t)c->n_layers, d = (size_t)c->d_model, d_ffn = (size_t)c->d_ffn;
  size_t heads = (size_t)(c->n_heads * c->d_head), kv = (size_t)(c->n_kv_heads * c->d_head);
  size_t n = batch->n_rows, rows = hw_tile_round(n), longest = 1;
  for (size_t i = 0; i < batch->n_prompts; i++) {
    size_t length = batch->first[i + 1] - batch->first[i];
    if (length > longest) longest = length;
  }
  *acts = (hw_activations){.model = model, .batch = *batch};
  acts->resid = matrices(arena, layers + 1, rows, n, d, err);
  acts->mid = matrices(arena, layers, rows, n, d, err);
  acts->q = matrices(arena, layers, rows, n, heads, err);
  acts->k = matrices(arena, layers, rows, n, kv, err);
  acts->v = matrices(arena, layers, rows, n, kv, err);
  acts->neurons = matrices(arena, layers, rows, n, d_ffn, err);
  pass p = {.model = model, .acts = acts, .panel = panel};
  float **scratch = matrices(arena, 2, rows, n, d, err);
  float **wide = matrices(arena, 1, rows, n, heads > d_ffn ? heads : d_ffn, err);
  p.weights = hw_arena_new(arena, float, longest, err);
  if (!acts->resid || !acts->mid || !acts->q || !acts->k || !acts->v || !acts->neurons || !scratch || !wide || !p.weights) return false;
  p.normed = scratch[0];
  p.narrow = scratch[1];
  p.wide = wide[0];
  embed(&p);
  for (size_t l = 0; l < layers; l++) {
    attention_block(&p, l);
    ffn_block(&p, l);
  }
  return true;
}
