/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/components.h"

#include <stdlib.h>

#include "graph/keys.h"

typedef struct place { /* of a component in the graph */
  uint64_t key;
  uint32_t importance;
  uint32_t order; /* of the rows: flows are added in one order */
  double flow;
} place;

static int compare_places(const void *a, const void *b) {
  const place *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

static bool merge_places(place *places, size_t n, hw_arena *arena, hw_component_measures *measures, hw_error *err) {
  *measures = (hw_component_measures){.rows = hw_arena_new(arena, hw_component_measure, n, err)};
  if (!measures->rows) return false;
  if (n) qsort(places, n, sizeof *places, compare_places);
  for (size_t first = 0, end; first < n; first = end) {
    hw_component_measure m = {.key = places[first].key};
    double flow = 0;
    for (end = first; end < n && places[end].key == m.key; end++) {
      if (places[end].importance > m.importance) m.importance = places[end].importance;
      flow += places[end].flow;
    }
    m.flow = hw_micro(flow);
    measures->rows[measures->n++] = m;
  }
  return true;
}

bool hw_measure_heads(const hw_head_row *heads, size_t n, hw_arena *arena, hw_component_measures *measures, hw_error *err) {
  *measures = (hw_component_measures){.rows = hw_arena_new(arena, hw_component_measure, n, err)};
  if (!measures->rows) return false;
  for (size_t i = 0; i < n; i++)
    measures->rows[measures->n++] = (hw_component_measure){
        .key = hw_component_key(heads[i].layer, heads[i].head), .importance = heads[i].importance, .flow = hw_micro(heads[i].flow)};
  return true;
}

double hw_neuron_flow(double node_flow, uint32_t importance, uint32_t total) {
  return total ? node_flow * (double)importance / (double)total : 0.0;
}

bool hw_measure_neurons(const hw_neuron_node *nodes, const double *node_flows, size_t n_nodes, const hw_neuron_row *rows, hw_arena *arena,
                        hw_component_measures *measures, hw_error *err) {
  size_t n_rows = 0, n = 0;
  for (size_t i = 0; i < n_nodes; i++) n_rows += nodes[i].n_rows;
  place *places = hw_arena_new(arena, place, n_rows, err);
  if (!places) return false;
  for (size_t i = 0; i < n_nodes; rows += nodes[i++].n_rows)
    for (uint32_t k = 0; k < nodes[i].n_rows && node_flows[i] > 0; k++, n++)
      places[n] = (place){.key = hw_component_key(rows[k].layer, rows[k].neuron),
                          .importance = rows[k].importance,
                          .order = (uint32_t)n,
                          .flow = hw_neuron_flow(node_flows[i], rows[k].importance, nodes[i].total)};
  return merge_places(places, n, arena, measures, err);
}

bool hw_measure_items(const hw_graph *graph, const uint8_t *roles, hw_arena *arena, hw_component_measures *measures, hw_error *err) {
  place *places = hw_arena_new(arena, place, graph->n_edges, err);
  if (!places) return false;
  size_t n = 0;
  for (size_t i = 0; i < graph->n_edges; i++) {
    const hw_part *part = &graph->edges[i].part;
    if (hw_part_is_residual(part)) continue;
    bool ffn = part->kind == HW_PART_FFN;
    uint32_t item = hw_item(ffn ? HW_ITEM_FFN : HW_ITEM_ATTENTION, part->layer, ffn ? 0 : part->head, roles[part->source] & HW_ROLE_MASK,
                            roles[part->target] & HW_ROLE_MASK);
    places[n] = (place){.key = item, .importance = part->importance, .order = (uint32_t)n, .flow = graph->edges[i].flow};
    n++;
  }
  return merge_places(places, n, arena, measures, err);
}

bool hw_measure_roles(const hw_graph_frame *frame, const hw_graph *graph, const uint8_t *roles, size_t n_roles, hw_arena *arena,
                      hw_component_measures *measures, hw_error *err) {
  size_t n = frame->n_layers * n_roles;
  double *flows = hw_arena_znew(arena, double, n, err);
  *measures = (hw_component_measures){.rows = hw_arena_new(arena, hw_component_measure, n, err)};
  if (!flows || !measures->rows) return false;
  for (size_t i = 0; i < graph->n_edges; i++) {
    const hw_edge *edge = &graph->edges[i];
    if (hw_graph_node_of(frame, edge->part.kind)->below == HW_STATE_PRE)
      flows[edge->part.layer * n_roles + (roles[edge->part.source] & HW_ROLE_MASK)] += edge->flow;
  }
  for (size_t i = 0; i < n; i++) {
    if (!(flows[i] > 0)) continue;
    uint32_t flow = hw_micro(flows[i]);
    measures->rows[measures->n++] = (hw_component_measure){
        .key = hw_component_key((uint32_t)(i / n_roles), (uint32_t)(i % n_roles)), .importance = flow};
  }
  return true;
}

static unsigned source_kinds(const hw_part *part, const int32_t *ids) {
  uint32_t from = part->source, to = part->target;
  unsigned kinds = 1u << HW_SOURCE_ANY;
  if (from == 0) kinds |= 1u << HW_SOURCE_FIRST;
  if (from == to) return kinds | 1u << HW_SOURCE_SELF;
  if (from + 1 == to) kinds |= 1u << HW_SOURCE_PREVIOUS;
  if (ids[from] == ids[to]) kinds |= 1u << HW_SOURCE_SAME;
  if (from > 0 && ids[from - 1] == ids[to]) kinds |= 1u << HW_SOURCE_INDUCTION;
  return kinds;
}

bool hw_measure_sources(const hw_graph_frame *frame, const hw_graph *graph, size_t n_heads, const int32_t *ids, hw_arena *arena,
                        hw_component_measures *measures, hw_error *err) {
  enum { MOST_IMPORTANCE = 1000000000 }; /* a sum of importances that no prompt reaches; its square still fits */
  typedef struct source_sum {
    uint64_t importance;
    double flow;
  } source_sum;
  size_t n = frame->n_layers * n_heads * HW_N_SOURCES, n_touched = 0;
  source_sum *sums = hw_arena_znew(arena, source_sum, n, err);
  if (!sums) return false;
  for (size_t i = 0; i < graph->n_edges; i++) {
    const hw_edge *edge = &graph->edges[i];
    if (edge->part.kind != HW_PART_ATTENTION) continue;
    unsigned kinds = source_kinds(&edge->part, ids);
    source_sum *of_head = &sums[(edge->part.layer * n_heads + edge->part.head) * HW_N_SOURCES];
    for (unsigned kind = 0; kind < HW_N_SOURCES; kind++) {
      if (!(kinds >> kind & 1)) continue;
      n_touched += of_head[kind].importance == 0;
      of_head[kind].importance += edge->part.importance ? edge->part.importance : 1; /* an importance of 0 is counted as 1e-6 */
      of_head[kind].flow += edge->flow;
    }
  }
  *measures = (hw_component_measures){.rows = hw_arena_new(arena, hw_component_measure, n_touched, err)};
  if (!measures->rows) return false;
  for (size_t i = 0; i < n; i++) {
    if (!sums[i].importance) continue;
    size_t head = i / HW_N_SOURCES;
    uint32_t index = hw_head_source((uint32_t)(head % n_heads), (uint32_t)(i % HW_N_SOURCES));
    measures->rows[measures->n++] =
        (hw_component_measure){.key = hw_component_key((uint32_t)(head / n_heads), index),
                               .importance = (uint32_t)(sums[i].importance < MOST_IMPORTANCE ? sums[i].importance : MOST_IMPORTANCE),
                               .flow = hw_micro(sums[i].flow)};
  }
  return true;
}
