/* SPDX-License-Identifier: Apache-2.0
 * Shares of single neurons. Each neuron is a part a W_out[n] of the state y that its node divides, in the place of the node's FFN
 * part. The denominator is the sum of the proximities of all neurons and of the node's other parts. */
#include <string.h>

#include "flow/nodes.h"
#include "tensor/kernels.h"

enum { NEURONS_AT_ONCE = 64 };

/* The k largest of n proximities, best first, ties to the lowest index. */
static size_t largest(const float *proximity, size_t n, size_t k, uint32_t *best) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    if (count == k && !(proximity[i] > proximity[best[count - 1]])) continue;
    if (count < k) count++;
    size_t place = count - 1;
    while (place > 0 && proximity[i] > proximity[best[place - 1]]) {
      best[place] = best[place - 1];
      place--;
    }
    best[place] = (uint32_t)i;
  }
  return count;
}

/* The rows times the gamma of an output norm, in `widened`. */
static const float *behind_norm(const float *w_out, size_t *ld, const float *gamma, size_t count, size_t d, float *widened) {
  for (size_t i = 0; i < count; i++)
    for (size_t e = 0; e < d; e++) widened[i * d + e] = w_out[i * *ld + e] * gamma[e];
  *ld = d;
  return widened;
}

size_t hw_rank_neurons_bytes(const hw_model *model, size_t n_nodes, uint32_t k) {
  size_t d = (size_t)model->config.d_model, d_ffn = hw_active_neurons(&model->config);
  return sizeof(float) * (n_nodes * d_ffn + NEURONS_AT_ONCE * d) + sizeof(uint32_t) * k + 3 * (size_t)HW_ARENA_OVERHEAD;
}

static bool uses_part(const hw_activations *acts, size_t layer, size_t part, const hw_node *nodes, size_t n_nodes) {
  size_t place;
  for (size_t n = 0; n < n_nodes; n++)
    if (hw_ffn_part_place(acts, layer, hw_batch_row(&acts->batch, nodes[n].prompt, nodes[n].position), part, &place)) return true;
  return false;
}

/* Proximities of the neurons of one part of the FFN, in all nodes that use it. proximity: [n_nodes, hw_active_neurons]. */
static void part_proximity(const hw_activations *acts, size_t layer, size_t part, const hw_node *nodes, size_t n_nodes, float *widened, float *proximity) {
  const hw_model_config *c = &acts->model->config;
  const float *out_gamma = acts->model->layers[layer].ffn_out_gamma;
  size_t d = (size_t)c->d_model, active = hw_active_neurons(c), size = hw_ffn_part_size(c, part), place;
  if (!uses_part(acts, layer, part, nodes, n_nodes)) return;
  for (size_t first = 0; first < size; first += NEURONS_AT_ONCE) {
    size_t count = size - first < NEURONS_AT_ONCE ? size - first : NEURONS_AT_ONCE, ld;
    const float *w_out = hw_matrix_input_rows(hw_ffn_part_out(acts->model, layer, part), first, count, widened, &ld);
    if (out_gamma) w_out = behind_norm(w_out, &ld, out_gamma, count, d, widened);
    for (size_t n = 0; n < n_nodes; n++) {
      size_t row = hw_batch_row(&acts->batch, nodes[n].prompt, nodes[n].position);
      if (!hw_ffn_part_place(acts, layer, row, part, &place)) continue;
      const float *a = acts->neurons[layer] + row * active + place + first;
      float scaled[NEURONS_AT_ONCE];
      for (size_t i = 0; out_gamma && i < count; i++) scaled[i] = a[i] * acts->ffn_out_scale[layer][row];
      hw_proximity_rows(acts->resid[layer + 1] + row * d, w_out, ld, out_gamma ? scaled : a, count, d, proximity + n * active + place + first);
    }
  }
}

bool hw_rank_neurons(const hw_activations *acts, size_t layer, const hw_node *nodes, size_t n_nodes, uint32_t k, hw_neuron_row *rows,
                     uint32_t *totals, hw_arena *arena, hw_error *err) {
  const hw_model_config *c = &acts->model->config;
  size_t d = (size_t)c->d_model, d_ffn = hw_active_neurons(c), cells;
  if (!hw_size_product(n_nodes, d_ffn, &cells)) return hw_fail_memory(err, "the neurons of a batch");
  float *proximity = hw_arena_new(arena, float, cells, err);
  float *widened = hw_arena_new(arena, float, NEURONS_AT_ONCE * d, err);
  uint32_t *best = hw_arena_new(arena, uint32_t, k, err);
  if (!proximity || !widened || !best) return false;
  for (size_t part = 0; part < hw_ffn_parts(c); part++)
    part_proximity(acts, layer, part, nodes, n_nodes, widened, proximity);
  for (size_t n = 0; n < n_nodes; n++) {
    size_t row = hw_batch_row(&acts->batch, nodes[n].prompt, nodes[n].position);
    float *shares = proximity + n * d_ffn;
    double sum = 0, whole = nodes[n].non_ffn_sum;
    for (size_t i = 0; i < d_ffn; i++) {
      if (!(shares[i] > 0)) shares[i] = 0;
      sum += (double)shares[i];
    }
    whole += sum;
    totals[n] = whole > 0 ? hw_micro(sum / whole) : 0;
    size_t found = largest(shares, d_ffn, k, best);
    for (size_t r = 0; r < found; r++)
      rows[n * k + r] = (hw_neuron_row){.layer = (uint16_t)layer, .position = nodes[n].position, .neuron = (uint32_t)hw_neuron_number(acts, layer, row, best[r]),
                                        .importance = whole > 0 ? hw_micro((double)shares[best[r]] / whole) : 0,
                                        .activation = acts->neurons[layer][row * d_ffn + best[r]]};
  }
  return true;
}
