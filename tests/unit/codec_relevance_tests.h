/* SPDX-License-Identifier: Apache-2.0
 * Random relevances for the tests of their column. */
#ifndef CODEC_RELEVANCE_TESTS_H
#define CODEC_RELEVANCE_TESTS_H

#include <string.h>

#include "codec/codec.h"
#include "synthetic.h"

static int64_t random_relevance(uint64_t *rng) {
  int64_t r = (int64_t)(synthetic_random(rng) >> (20 + synthetic_below(rng, 40))) % HW_MOST_RELEVANCE;
  return synthetic_below(rng, 2) ? r : -r;
}

static const int64_t *random_relevances(uint64_t *rng, size_t n, hw_arena *arena) {
  int64_t *list = hw_arena_new(arena, int64_t, n, NULL);
  for (size_t i = 0; i < n; i++) list[i] = random_relevance(rng);
  return list;
}

static void random_parts(uint64_t *rng, hw_relevance_rows *rows, hw_arena *arena) {
  enum { MOST = 60, NEURONS = 3 };
  hw_relevance_part *parts = hw_arena_new(arena, hw_relevance_part, MOST, NULL);
  hw_stored_neuron *neurons = hw_arena_new(arena, hw_stored_neuron, MOST * NEURONS, NULL);
  for (uint32_t i = 0; i < MOST; i++) {
    uint32_t target = synthetic_below(rng, (uint32_t)rows->n_tokens);
    hw_relevance_part part = {.kind = (hw_relevance_kind)synthetic_below(rng, rows->n_heads ? rows->contrast ? 3 : 2 : 1), .layer = (uint16_t)synthetic_below(rng, (uint32_t)rows->n_layers),
                              .target = target, .source = target, .r = random_relevance(rng)};
    if (part.kind != HW_RELEVANCE_FFN) part.head = (uint16_t)synthetic_below(rng, (uint32_t)rows->n_heads);
    if (part.kind == HW_RELEVANCE_ATTENTION) part.source = synthetic_below(rng, target + 1);
    if (part.kind == HW_RELEVANCE_ATTENTION && rows->contrast) part.value = random_relevance(rng), part.key = random_relevance(rng);
    size_t at = 0;
    while (at < rows->n_parts && hw_relevance_part_compare(&parts[at], &part) < 0) at++;
    if (at < rows->n_parts && hw_relevance_part_compare(&parts[at], &part) == 0) continue;
    memmove(parts + at + 1, parts + at, (rows->n_parts++ - at) * sizeof *parts);
    parts[at] = part;
  }
  for (size_t i = 0; i < rows->n_parts; i++)
    for (uint32_t k = synthetic_below(rng, NEURONS + 1); parts[i].kind == HW_RELEVANCE_FFN && k > 0; k--)
      neurons[rows->n_neurons++] = (hw_stored_neuron){.layer = parts[i].layer, .position = parts[i].target, .neuron = synthetic_below(rng, 70000), .r = random_relevance(rng)};
  rows->parts = parts;
  rows->neurons = neurons;
}

static hw_relevance_rows random_rows(uint64_t *rng, const hw_blob_info *info, size_t n_heads, hw_arena *arena) {
  hw_relevance_rows rows = {.contrast = synthetic_below(rng, 2), .m = 3.25, .threshold = info->threshold, .floor = info->floor, .n_layers = info->frame.n_layers,
                            .n_heads = n_heads, .n_tokens = info->frame.n_tokens, .biases = random_relevance(rng)};
  size_t cells = rows.n_layers * n_heads;
  if (rows.contrast) {
    rows.m_reference = -1.5;
    rows.value = random_relevances(rng, cells, arena);
    rows.key = random_relevances(rng, cells, arena);
    rows.query = random_relevances(rng, cells, arena);
  }
  rows.heads = random_relevances(rng, cells, arena);
  rows.ffn = random_relevances(rng, rows.n_layers, arena);
  rows.tokens = random_relevances(rng, rows.n_tokens, arena);
  random_parts(rng, &rows, arena);
  return rows;
}

static void check_list(const int64_t *a, const int64_t *b, size_t n) { assert_memory_equal(a, b, n * sizeof *a); }

static void check_relevance_rows(const hw_relevance_rows *a, const hw_relevance_rows *b) {
  size_t cells = a->n_layers * a->n_heads;
  assert_true(a->contrast == b->contrast && a->m == b->m && a->m_reference == b->m_reference && a->biases == b->biases);
  assert_true(a->threshold == b->threshold && a->floor == b->floor);
  assert_true(a->n_parts == b->n_parts && a->n_neurons == b->n_neurons && a->n_heads == b->n_heads && a->n_layers == b->n_layers && a->n_tokens == b->n_tokens);
  for (size_t i = 0; i < a->n_parts; i++)
    assert_true(hw_relevance_part_compare(&a->parts[i], &b->parts[i]) == 0 && a->parts[i].r == b->parts[i].r && a->parts[i].value == b->parts[i].value &&
                a->parts[i].key == b->parts[i].key);
  for (size_t i = 0; i < a->n_neurons; i++)
    assert_true(a->neurons[i].layer == b->neurons[i].layer && a->neurons[i].position == b->neurons[i].position && a->neurons[i].neuron == b->neurons[i].neuron &&
                a->neurons[i].r == b->neurons[i].r);
  check_list(a->heads, b->heads, cells);
  check_list(a->ffn, b->ffn, a->n_layers);
  check_list(a->tokens, b->tokens, a->n_tokens);
  if (!a->contrast) return;
  check_list(a->value, b->value, cells);
  check_list(a->key, b->key, cells);
  check_list(a->query, b->query, cells);
}

#endif
