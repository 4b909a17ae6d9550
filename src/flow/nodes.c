/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/nodes.h"
#include "tensor/kernels.h"

static float clipped(float proximity) { return proximity > 0 ? proximity : 0; }

void hw_importances(const float *proximity, size_t n, double *importance) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)proximity[i];
  for (size_t i = 0; i < n; i++) importance[i] = sum > 0 ? (double)proximity[i] / sum : 0;
  if (!(sum > 0)) importance[n - 1] = 1;
}

/* z[l,i,j,h] is A[l,h,i,j] times a vector that only depends on (j, h): that vector is made for all rows of the batch, head by
 * head, and scaled on the fly, so the parts themselves are never in memory. */
void hw_attention_proximity(const hw_activations *acts, size_t layer, hw_node *nodes, size_t n_nodes, const hw_attention_space *space,
                            float *panel) {
  const hw_model_config *c = &acts->model->config;
  size_t d = (size_t)c->d_model, d_head = (size_t)c->d_head, n_heads = (size_t)c->n_heads;
  size_t ldv = (size_t)c->n_kv_heads * d_head;
  float *written = space->written, *weights = space->weights, *found = space->found;
  const hw_layer *l = &acts->model->layers[layer];
  float *const *wholes = c->parallel ? acts->resid + 1 : acts->mid;
  for (size_t h = 0; h < n_heads; h++) {
    hw_matrix w_o = hw_matrix_inputs(&l->w_o, h * d_head, d_head);
    const float *values = acts->v[layer] + h / (size_t)(c->n_heads / c->n_kv_heads) * d_head;
    hw_gemm(&w_o, values, ldv, written, d, acts->batch.n_rows, panel);
    for (size_t r = 0; l->attn_out_gamma && r < acts->batch.n_rows; r++) hw_multiply(written + r * d, l->attn_out_gamma, d);
    for (size_t n = 0; n < n_nodes; n++) {
      size_t first = acts->batch.first[nodes[n].prompt], keys = nodes[n].position + (size_t)1;
      size_t row = first + nodes[n].position, seen = hw_attention_first(acts->model, layer, nodes[n].position);
      hw_attention_weights(acts, layer, h, nodes[n].prompt, nodes[n].position, weights);
      if (l->attn_out_gamma) hw_scale(weights, acts->attn_out_scale[layer][row], keys);
      hw_proximity_rows(wholes[layer] + row * d, written + (first + seen) * d, d, weights + seen, keys - seen, d, found + seen);
      for (size_t j = 0; j < seen; j++) nodes[n].proximity[j * n_heads + h] = 0;
      for (size_t j = seen; j < keys; j++) nodes[n].proximity[j * n_heads + h] = clipped(found[j]);
    }
  }
  const float one = 1;
  for (size_t n = 0; n < n_nodes; n++) {
    size_t row = acts->batch.first[nodes[n].prompt] + nodes[n].position, keys = nodes[n].position + (size_t)1;
    const float *whole = wholes[layer] + row * d;
    float residual, *last = nodes[n].proximity + keys * n_heads;
    nodes[n].rest = 0;
    for (size_t i = 0; c->parallel && i < keys * n_heads; i++) nodes[n].rest += (double)nodes[n].proximity[i];
    if (c->parallel) *last++ = clipped(hw_l1_difference(whole, acts->mid[layer] + row * d, d)); /* y - f */
    hw_proximity_rows(whole, acts->resid[layer] + row * d, d, &one, 1, d, &residual);
    *last = clipped(residual);
    nodes[n].rest += (double)*last;
  }
}

void hw_ffn_proximity(const hw_activations *acts, size_t layer, hw_node *nodes, size_t n_nodes) {
  size_t d = (size_t)acts->model->config.d_model;
  const float one = 1;
  for (size_t n = 0; n < n_nodes; n++) {
    size_t row = acts->batch.first[nodes[n].prompt] + nodes[n].position;
    const float *whole = acts->resid[layer + 1] + row * d, *residual = acts->mid[layer] + row * d;
    float m;
    hw_proximity_rows(whole, residual, d, &one, 1, d, &m);
    nodes[n].proximity[0] = clipped(hw_l1_difference(whole, residual, d)); /* y - f is m */
    nodes[n].proximity[1] = clipped(m);
    nodes[n].rest = (double)nodes[n].proximity[1];
  }
}
