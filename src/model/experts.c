/* SPDX-License-Identifier: Apache-2.0
 * The parts of an FFN that have a W_out of their own, and the numbers of their neurons. */
#include "headwater/model.h"

size_t hw_active_neurons(const hw_model_config *c) {
  return c->n_experts ? (size_t)(c->experts_used * c->d_expert + c->d_shared) : (size_t)c->d_ffn;
}

size_t hw_ffn_parts(const hw_model_config *c) { return c->n_experts ? (size_t)(c->n_experts + (c->d_shared > 0)) : 1; }

size_t hw_ffn_part_size(const hw_model_config *c, size_t part) {
  return c->n_experts == 0 ? (size_t)c->d_ffn : part < (size_t)c->n_experts ? (size_t)c->d_expert : (size_t)c->d_shared;
}

const hw_matrix *hw_ffn_part_out(const hw_model *model, size_t layer, size_t part) {
  return model->layers[layer].experts ? &model->layers[layer].experts[part].w_out : &model->layers[layer].w_out;
}

bool hw_ffn_part_place(const hw_activations *acts, size_t layer, size_t row, size_t part, size_t *place) {
  const hw_model_config *c = &acts->model->config;
  size_t used = (size_t)c->experts_used;
  *place = 0;
  if (c->n_experts == 0) return true;
  *place = used * (size_t)c->d_expert;
  if (part == (size_t)c->n_experts) return true;
  const int32_t *experts = acts->experts[layer] + row * used;
  for (size_t s = 0; s < used; s++)
    if ((size_t)experts[s] == part) return *place = s * (size_t)c->d_expert, true;
  return false;
}

size_t hw_neuron_number(const hw_activations *acts, size_t layer, size_t row, size_t place) {
  const hw_model_config *c = &acts->model->config;
  if (c->n_experts == 0) return place;
  size_t d_expert = (size_t)c->d_expert, used = (size_t)c->experts_used, slot = place / d_expert;
  if (slot >= used) return (size_t)c->n_experts * d_expert + (place - used * d_expert);
  return (size_t)acts->experts[layer][row * used + slot] * d_expert + place % d_expert;
}
