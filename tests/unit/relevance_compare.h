/* SPDX-License-Identifier: Apache-2.0
 * Relevances of two traces: the same bits. */
#ifndef HW_TESTS_RELEVANCE_COMPARE_H
#define HW_TESTS_RELEVANCE_COMPARE_H

#include "unit.h"

#include "headwater/relevance.h"

static inline void same_relevances(const hw_relevance *a, const hw_relevance *b, const hw_model *model, size_t n_tokens) {
  size_t layers = (size_t)model->config.n_layers, heads = layers * (size_t)model->config.n_heads;
  const double *const lists[][2] = {{a->heads, b->heads}, {a->value, b->value}, {a->key, b->key}, {a->query, b->query}};
  for (size_t i = 0; i < COUNT_OF(lists); i++) {
    assert_true(!lists[i][0] == !lists[i][1]);
    if (lists[i][0]) assert_memory_equal(lists[i][0], lists[i][1], heads * sizeof(double));
  }
  assert_memory_equal(a->ffn, b->ffn, layers * sizeof(double));
  assert_memory_equal(a->states, b->states, layers * n_tokens * sizeof(double));
  assert_true(unit_same_double(a->biases, b->biases));
  assert_true(a->n_parts == b->n_parts && a->n_neurons == b->n_neurons);
  assert_memory_equal(a->parts, b->parts, a->n_parts * sizeof *a->parts);
  for (size_t i = 0; i < a->n_neurons; i++) assert_true(a->neurons[i].neuron == b->neurons[i].neuron && unit_same_double(a->neurons[i].r, b->neurons[i].r));
}

#endif
