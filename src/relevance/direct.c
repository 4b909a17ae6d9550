/* SPDX-License-Identifier: Apache-2.0 */
#include "relevance/direct.h"

#include <string.h>

#include "engine/heads.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

typedef struct direct_work {
  const hw_activations *acts;
  size_t n;
  float *directions; /* [n, d_model] d of METHOD section 7 */
  float *scaled, *heads; /* [n, d_model], [n, n_heads * d_head] of a layer: d behind the output norm's gain, and W_O d */
  float *mix, *weights, *values; /* of a prompt */
} direct_work;

static size_t last_of(const hw_activations *acts, size_t prompt) { return hw_batch_tokens(&acts->batch, prompt) - 1; }

static bool start(const hw_activations *acts, const hw_relevance_prompt *prompts, const hw_measure *measures, size_t n, direct_work *w, hw_arena *arena, hw_error *err) {
  const hw_model_config *c = &acts->model->config;
  size_t d = (size_t)c->d_model, heads = (size_t)(c->n_heads * c->d_head), longest = 1;
  for (size_t p = 0; p < n; p++)
    if (last_of(acts, prompts[p].prompt) + 1 > longest) longest = last_of(acts, prompts[p].prompt) + 1;
  *w = (direct_work){.acts = acts, .n = n, .directions = hw_arena_znew(arena, float, n * d, err), .scaled = hw_arena_new(arena, float, n * d, err),
                     .heads = hw_arena_new(arena, float, n * heads, err), .mix = hw_arena_new(arena, float, heads, err),
                     .weights = hw_arena_new(arena, float, longest, err), .values = hw_arena_new(arena, float, longest * (size_t)c->d_head, err)};
  if (!w->directions || !w->scaled || !w->heads || !w->mix || !w->weights || !w->values) return false;
  for (size_t p = 0; p < n; p++) {
    const float *y = acts->resid[c->n_layers] + hw_batch_row(&acts->batch, prompts[p].prompt, last_of(acts, prompts[p].prompt)) * d;
    hw_norm_pull(c->norm, y, acts->model->final_gamma, (float)c->norm_eps, measures[p].own, d, w->directions + p * d);
  }
  return true;
}

/* The rows of a prompt in the layer: heads and bias of the attention, and the FFN. */
static void of_prompt(const direct_work *w, size_t layer, size_t p, hw_relevance_prompt *prompt) {
  const hw_model_config *c = &w->acts->model->config;
  const hw_layer *l = &w->acts->model->layers[layer];
  size_t d = (size_t)c->d_model, d_head = (size_t)c->d_head, n_heads = (size_t)c->n_heads, last = last_of(w->acts, prompt->prompt);
  size_t row = hw_batch_row(&w->acts->batch, prompt->prompt, last);
  double scale = l->attn_out_gamma ? (double)w->acts->attn_out_scale[layer][row] : 1;
  const float *direction = w->directions + p * d;
  hw_mix_heads(w->acts, layer, prompt->prompt, last, w->weights, w->values, w->mix);
  for (size_t h = 0; h < n_heads; h++)
    prompt->direct.heads[layer * n_heads + h] = scale * hw_difference_dot(w->mix + h * d_head, NULL, w->heads + (p * n_heads + h) * d_head, d_head);
  prompt->direct.attention_bias[layer] = l->attn_bias ? scale * hw_difference_dot(l->attn_bias, NULL, w->scaled + p * d, d) : 0;
  prompt->direct.ffn[layer] = hw_difference_dot(w->acts->resid[layer + 1] + row * d, w->acts->mid[layer] + row * d, direction, d);
}

bool hw_direct_attribute(const hw_activations *acts, hw_relevance_prompt *prompts, const hw_measure *measures, size_t n, const hw_team *team,
                         hw_arena *arena, hw_arena *scratch, hw_error *err) {
  const hw_model_config *c = &acts->model->config;
  size_t n_layers = (size_t)c->n_layers, d = (size_t)c->d_model;
  direct_work w;
  if (!start(acts, prompts, measures, n, &w, scratch, err)) return false;
  for (size_t p = 0; p < n; p++) {
    hw_direct_attribution *direct = &prompts[p].direct;
    *direct = (hw_direct_attribution){.heads = hw_arena_new(arena, double, n_layers * (size_t)c->n_heads, err), .ffn = hw_arena_new(arena, double, n_layers, err),
                                      .attention_bias = hw_arena_new(arena, double, n_layers, err), .norm_bias = measures[p].bias};
    if (!direct->heads || !direct->ffn || !direct->attention_bias) return false;
    size_t row = hw_batch_row(&acts->batch, prompts[p].prompt, last_of(acts, prompts[p].prompt));
    direct->embedding = hw_difference_dot(acts->resid[0] + row * d, NULL, w.directions + p * d, d);
  }
  for (size_t l = 0; l < n_layers; l++) {
    hw_matrix back = hw_matrix_transposed(&acts->model->layers[l].w_o);
    memcpy(w.scaled, w.directions, n * d * sizeof *w.scaled);
    for (size_t p = 0; p < n && acts->model->layers[l].attn_out_gamma; p++) hw_multiply(w.scaled + p * d, acts->model->layers[l].attn_out_gamma, d);
    hw_team_gemm(&back, w.scaled, d, w.heads, (size_t)(c->n_heads * c->d_head), n, team);
    for (size_t p = 0; p < n; p++) of_prompt(&w, l, p, &prompts[p]);
  }
  return true;
}
