/* SPDX-License-Identifier: Apache-2.0
 * What one graph says about each of its components, as the aggregates of a run sum it and as comparisons read it back. A component
 * with several places in the graph (a neuron at several positions, an item of several edges) has one measure. Lists are by key and
 * live in the arena. */
#ifndef HW_GRAPH_COMPONENTS_H
#define HW_GRAPH_COMPONENTS_H

#include "headwater/arena.h"
#include "headwater/graph.h"

typedef struct hw_component_measure {
  uint64_t key;        /* hw_component_key, or hw_item */
  uint32_t importance; /* 1e-6: the largest of its places */
  uint32_t flow;       /* 1e-6: the sum over its places, rounded once */
} hw_component_measure;

typedef struct hw_component_measures {
  hw_component_measure *rows;
  size_t n;
} hw_component_measures;

/* Heads that are active. */
bool hw_measure_heads(const hw_head_row *heads, size_t n, hw_arena *arena, hw_component_measures *measures, hw_error *err);

/* node_flow * importance / total: the flow of one neuron at one node. */
double hw_neuron_flow(double node_flow, uint32_t importance, uint32_t total);
/* Neurons of the nodes whose flow is above 0: the others are outside of the graph. rows: of nodes[0], then of nodes[1], ... */
bool hw_measure_neurons(const hw_neuron_node *nodes, const double *node_flows, size_t n_nodes, const hw_neuron_row *rows, hw_arena *arena,
                        hw_component_measures *measures, hw_error *err);

/* Edges of heads and FFN blocks, aligned by role: key hw_item. roles: a byte per position (HW_ROLE_MASK). */
bool hw_measure_items(const hw_graph *graph, const uint8_t *roles, hw_arena *arena, hw_component_measures *measures, hw_error *err);

/* How the flow that enters each layer divides among the roles of its positions: key (layer, role), importance: that flow, flow: 0. */
bool hw_measure_roles(const hw_graph_frame *frame, const hw_graph *graph, const uint8_t *roles, size_t n_roles, hw_arena *arena,
                      hw_component_measures *measures, hw_error *err);

/* Which source an attention edge has; an edge may be of several kinds. */
enum hw_head_source_kind { /* agg_head_source.source */
  HW_SOURCE_ANY,
  HW_SOURCE_FIRST,
  HW_SOURCE_SELF,
  HW_SOURCE_PREVIOUS,
  HW_SOURCE_SAME,
  HW_SOURCE_INDUCTION,
  HW_N_SOURCES,
};
/* Where each head looks: key (layer, hw_head_source), importance: the sum over its edges. ids: tokens of the positions. */
bool hw_measure_sources(const hw_graph_frame *frame, const hw_graph *graph, size_t n_heads, const int32_t *ids, hw_arena *arena,
                        hw_component_measures *measures, hw_error *err);

#endif
