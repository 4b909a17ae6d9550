/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/heads.h"

#include "model/rotary.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

static size_t query_width(const hw_model *model) { return (size_t)(model->config.n_heads * model->config.d_head); }
static size_t key_width(const hw_model *model) { return (size_t)(model->config.n_kv_heads * model->config.d_head); }

size_t hw_heads_fused_width(const hw_model *model) {
  return model->layers[0].w_qkv.data ? query_width(model) + 2 * key_width(model) : 0;
}

void hw_heads_multiply(const hw_model *model, size_t layer, const float *normed, size_t n_rows, float *fused, float *q, float *k, float *v,
                       const hw_team *team) {
  const hw_layer *w = &model->layers[layer];
  size_t d = (size_t)model->config.d_model, heads = query_width(model), kv = key_width(model);
  if (w->w_qkv.data) {
    hw_team_gemm(&w->w_qkv, normed, d, fused, heads + 2 * kv, n_rows, team);
    return;
  }
  hw_team_gemm(&w->w_q, normed, d, q, heads, n_rows, team);
  hw_team_gemm(&w->w_k, normed, d, k, kv, n_rows, team);
  hw_team_gemm(&w->w_v, normed, d, v, kv, n_rows, team);
}

void hw_heads_sort(const hw_model *model, size_t layer, const float *fused, size_t n_rows, float *q, float *k, float *v) {
  const hw_layer *w = &model->layers[layer];
  size_t heads = query_width(model), kv = key_width(model), width = heads + 2 * kv;
  for (size_t r = 0; w->w_qkv.data && r < n_rows; r++) hw_qkv_sort(model, fused + r * width, q + r * heads, k + r * kv, v + r * kv);
  hw_add_bias(q, heads, w->b_q, n_rows, heads);
  hw_add_bias(k, kv, w->b_k, n_rows, kv);
  hw_add_bias(v, kv, w->b_v, n_rows, kv);
}

hw_norm_kind hw_heads_norm_shape(const hw_model *model, size_t n_heads, size_t *width, size_t *n_norms, bool *each) {
  const hw_model_config *c = &model->config;
  bool wide = c->qk_norm == HW_QK_NORM_WIDE;
  *width = (size_t)c->d_head * (wide ? n_heads : 1);
  *n_norms = wide ? 1 : n_heads;
  *each = c->qk_norm == HW_QK_NORM_EACH;
  return *each || c->qk_norm == HW_QK_NORM_LAYER ? HW_NORM_LAYER : HW_NORM_RMS;
}

void hw_heads_norm(const hw_model *model, float *x, const float *gamma, const float *beta, size_t n_rows, size_t n_heads) {
  size_t width, n_norms;
  bool each;
  hw_norm_kind kind = hw_heads_norm_shape(model, n_heads, &width, &n_norms, &each);
  if (!gamma) return;
  for (size_t i = 0; i < n_rows * n_norms; i++)
    hw_norm_row(kind, x + i * width, gamma + (each ? i % n_norms * width : 0), beta, (float)model->config.norm_eps, width, x + i * width);
}

void hw_mix_heads(const hw_activations *acts, size_t layer, size_t prompt, size_t position, float *weights, float *values, float *out) {
  const hw_model_config *c = &acts->model->config;
  size_t d_head = (size_t)c->d_head, n_heads = (size_t)c->n_heads, per_group = n_heads / (size_t)c->n_kv_heads, ld = (size_t)c->n_kv_heads * d_head;
  size_t first = hw_attention_first(acts->model, layer, position), n = position + 1 - first;
  for (size_t h = 0; h < n_heads; h++) {
    size_t stride;
    hw_attention_weights(acts, layer, h, prompt, position, weights);
    const float *v = hw_batch_gather(&acts->batch, prompt, first, n, acts->v[layer] + h / per_group * d_head, ld, d_head, values, &stride);
    hw_weighted_sum(weights + first, v, stride, n, d_head, out + h * d_head);
  }
}
