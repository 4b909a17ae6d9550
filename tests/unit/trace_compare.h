/* SPDX-License-Identifier: Apache-2.0
 * Traces compared bit for bit, field by field (padding bytes mean nothing). Each function fails the test and says where. */
#ifndef HW_TESTS_TRACE_COMPARE_H
#define HW_TESTS_TRACE_COMPARE_H

#include "unit.h"

#include "headwater/flow.h"

#define SAME(condition, ...)          \
  do {                                \
    if (!(condition)) {               \
      print_error("%s: ", where);     \
      fail_msg(__VA_ARGS__);          \
    }                                 \
  } while (0)

static inline bool same_part(const hw_part *a, const hw_part *b) {
  return a->importance == b->importance && a->target == b->target && a->source == b->source && a->layer == b->layer && a->head == b->head && a->kind == b->kind;
}

static inline void same_graphs(const hw_graph *a, const hw_graph *b, uint32_t n_tokens, const char *where) {
  SAME(a->n_edges == b->n_edges, "%zu edges, want %zu", a->n_edges, b->n_edges);
  for (size_t e = 0; e < a->n_edges; e++)
    SAME(same_part(&a->edges[e].part, &b->edges[e].part) && unit_same_double(a->edges[e].weight, b->edges[e].weight) &&
             unit_same_double(a->edges[e].flow, b->edges[e].flow),
         "edge %zu differs: layer %u %u->%u, flow %.17g, want %.17g", e, a->edges[e].part.layer, a->edges[e].part.source, a->edges[e].part.target,
         a->edges[e].flow, b->edges[e].flow);
  SAME(a->n_heads == b->n_heads, "%zu heads, want %zu", a->n_heads, b->n_heads);
  for (size_t h = 0; h < a->n_heads; h++)
    SAME(a->heads[h].layer == b->heads[h].layer && a->heads[h].head == b->heads[h].head && a->heads[h].importance == b->heads[h].importance &&
             a->heads[h].best_position == b->heads[h].best_position && unit_same_double(a->heads[h].flow, b->heads[h].flow),
         "head row %zu differs", h);
  SAME(a->n_ffn_nodes == b->n_ffn_nodes, "%zu FFN nodes, want %zu", a->n_ffn_nodes, b->n_ffn_nodes);
  for (size_t n = 0; n < a->n_ffn_nodes; n++)
    SAME(a->ffn_nodes[n].layer == b->ffn_nodes[n].layer && a->ffn_nodes[n].position == b->ffn_nodes[n].position &&
             unit_same_double(a->ffn_nodes[n].flow, b->ffn_nodes[n].flow),
         "FFN node %zu differs", n);
  SAME(memcmp(a->token_flow, b->token_flow, n_tokens * sizeof *a->token_flow) == 0, "the flow of the tokens differs");
}

static inline bool same_neuron(const hw_neuron_row *a, const hw_neuron_row *b) {
  return a->layer == b->layer && a->position == b->position && a->neuron == b->neuron && a->importance == b->importance &&
         memcmp(&a->activation, &b->activation, sizeof a->activation) == 0;
}

static inline void same_traces(const hw_target_trace *a, const hw_target_trace *b, const char *where) {
  SAME(a->frame.n_layers == b->frame.n_layers && a->frame.n_tokens == b->frame.n_tokens && a->frame.target == b->frame.target, "another frame");
  SAME(a->n_parts == b->n_parts, "%zu rows, want %zu", a->n_parts, b->n_parts);
  for (size_t i = 0; i < a->n_parts; i++)
    SAME(same_part(&a->parts[i], &b->parts[i]), "row %zu: layer %u %u->%u importance %u, want %u", i, a->parts[i].layer, a->parts[i].source, a->parts[i].target,
         a->parts[i].importance, b->parts[i].importance);
  same_graphs(&a->graph, &b->graph, a->frame.n_tokens, where);
  SAME(a->n_neuron_nodes == b->n_neuron_nodes && a->n_neurons == b->n_neurons, "%zu neurons, want %zu", a->n_neurons, b->n_neurons);
  for (size_t i = 0; i < a->n_neuron_nodes; i++)
    SAME(a->neuron_nodes[i].layer == b->neuron_nodes[i].layer && a->neuron_nodes[i].position == b->neuron_nodes[i].position &&
             a->neuron_nodes[i].total == b->neuron_nodes[i].total && a->neuron_nodes[i].n_rows == b->neuron_nodes[i].n_rows,
         "neuron node %zu differs", i);
  for (size_t i = 0; i < a->n_neurons; i++) SAME(same_neuron(&a->neurons[i], &b->neurons[i]), "neuron row %zu differs", i);
  SAME(a->n_projections == b->n_projections, "%zu projections, want %zu", a->n_projections, b->n_projections);
  for (size_t i = 0; i < a->n_projections; i++) {
    const hw_projection *x = &a->projections[i], *y = &b->projections[i];
    SAME(x->kind == y->kind && x->convention == y->convention && x->layer == y->layer && x->position == y->position && x->index == y->index && x->k == y->k,
         "projection %zu is of another component", i);
    SAME(memcmp(x->promotes, y->promotes, x->k * sizeof *x->promotes) == 0 && memcmp(x->suppresses, y->suppresses, x->k * sizeof *x->suppresses) == 0 &&
             memcmp(x->promote_scores, y->promote_scores, x->k * sizeof *x->promote_scores) == 0 &&
             memcmp(x->suppress_scores, y->suppress_scores, x->k * sizeof *x->suppress_scores) == 0,
         "projection %zu (%s layer %u position %u) says something else", i, hw_component_kind_names[x->kind], x->layer, x->position);
  }
}

#endif
