/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/relevance_list.h"

#include <string.h>

enum { NONE = -1 };

const char *const hw_relevance_row_names[] = {[HW_ROW_FFN] = "ffn", [HW_ROW_ATTENTION] = "attention", [HW_ROW_QUERY] = "query", [HW_ROW_NEURON] = "neuron",
                                              [HW_ROW_HEAD] = "head", [HW_ROW_FFN_TOTAL] = "ffn_total", [HW_ROW_TOKEN] = "token", [HW_ROW_BIAS] = "bias"};

typedef struct row_list {
  hw_relevance_row *rows;
  size_t n;
} row_list;

static void add(row_list *list, hw_relevance_row row) { list->rows[list->n++] = row; }

static hw_relevance_row part_row(const hw_relevance_part *part, bool contrast) {
  int64_t head = part->kind == HW_RELEVANCE_FFN ? NONE : part->head;
  return (hw_relevance_row){.kind = (hw_relevance_row_kind)part->kind, .places = {part->layer, head, NONE, part->source, part->target}, .r = part->r,
                            .ways = {part->value, part->key}, .n_ways = contrast && part->kind == HW_RELEVANCE_ATTENTION ? 2 : 0};
}

/* The end of the neurons of a part that begin at `first`. */
static size_t end_of_neurons(const hw_relevance_rows *r, const hw_relevance_part *part, size_t first) {
  size_t end = first;
  if (part->kind == HW_RELEVANCE_FFN)
    while (end < r->n_neurons && r->neurons[end].layer == part->layer && r->neurons[end].position == part->target) end++;
  return end;
}

size_t hw_relevance_neurons(const hw_relevance_rows *r, double threshold, hw_stored_neuron *neurons) {
  size_t n = 0;
  for (size_t i = 0, first = 0, end; i < r->n_parts; i++, first = end) {
    end = end_of_neurons(r, &r->parts[i], first);
    for (size_t k = first; k < end && hw_relevance_is_above(r, r->parts[i].r, threshold); k++) neurons[n++] = r->neurons[k];
  }
  return n;
}

static void list_parts(const hw_relevance_rows *r, double threshold, row_list *list) {
  for (size_t i = 0, first = 0, end; i < r->n_parts; i++, first = end) {
    const hw_relevance_part *part = &r->parts[i];
    end = end_of_neurons(r, part, first);
    if (!hw_relevance_is_above(r, part->r, threshold)) continue;
    add(list, part_row(part, r->contrast));
    for (size_t k = first; k < end; k++)
      add(list, (hw_relevance_row){.kind = HW_ROW_NEURON, .places = {part->layer, NONE, r->neurons[k].neuron, part->source, part->target}, .r = r->neurons[k].r});
  }
}

static void list_sums(const hw_relevance_rows *r, row_list *list) {
  for (size_t i = 0; i < r->n_layers * r->n_heads; i++) {
    hw_relevance_row row = {.kind = HW_ROW_HEAD, .places = {(int64_t)(i / r->n_heads), (int64_t)(i % r->n_heads), NONE, NONE, NONE}, .r = r->heads[i]};
    if (r->contrast) {
      const int64_t ways[HW_RELEVANCE_WAYS] = {r->value[i], r->key[i], r->query[i]};
      memcpy(row.ways, ways, sizeof ways);
      row.n_ways = HW_RELEVANCE_WAYS;
    }
    add(list, row);
  }
  for (size_t l = 0; l < r->n_layers; l++) add(list, (hw_relevance_row){.kind = HW_ROW_FFN_TOTAL, .places = {(int64_t)l, NONE, NONE, NONE, NONE}, .r = r->ffn[l]});
  for (size_t i = 0; i < r->n_tokens; i++) add(list, (hw_relevance_row){.kind = HW_ROW_TOKEN, .places = {NONE, NONE, NONE, (int64_t)i, NONE}, .r = r->tokens[i]});
  if (!r->contrast) add(list, (hw_relevance_row){.kind = HW_ROW_BIAS, .places = {NONE, NONE, NONE, NONE, NONE}, .r = r->biases});
}

bool hw_relevance_list(const hw_relevance_rows *r, double threshold, hw_arena *arena, hw_relevance_row **rows, size_t *n, hw_error *err) {
  row_list list = {.rows = hw_arena_new(arena, hw_relevance_row, r->n_parts + r->n_neurons + r->n_layers * (r->n_heads + 1) + r->n_tokens + 1, err)};
  if (!list.rows) return false;
  list_parts(r, threshold, &list);
  list_sums(r, &list);
  *rows = list.rows;
  *n = list.n;
  return true;
}
