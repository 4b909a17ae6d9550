/* SPDX-License-Identifier: Apache-2.0
 * The nodes of a layer as data: what a sequential and what a parallel block differ in. */
#include "headwater/graph.h"

/* y = m + f, m = x + sum z + b: the FFN reads m. */
static const hw_layer_nodes sequential = {
    .n = 2,
    .nodes = {{.name = "ffn", .whole = HW_STATE_POST, .below = HW_STATE_MID, .n_parts = 2, .parts = {HW_PART_FFN, HW_PART_FFN_RESIDUAL}},
              {.name = "attention", .whole = HW_STATE_MID, .below = HW_STATE_PRE, .n_parts = 2,
               .parts = {HW_PART_ATTENTION, HW_PART_ATTENTION_RESIDUAL}}}};

/* y = x + sum z + b + f: attention and FFN both read x, and no state is between them. */
static const hw_layer_nodes parallel = {
    .n = 1,
    .nodes = {{.name = "block", .whole = HW_STATE_POST, .below = HW_STATE_PRE, .n_parts = 3,
               .parts = {HW_PART_ATTENTION, HW_PART_FFN, HW_PART_ATTENTION_RESIDUAL}}}};

const hw_layer_nodes *hw_graph_layer_nodes(const hw_graph_frame *frame) { return frame->parallel ? &parallel : &sequential; }

bool hw_layer_node_has(const hw_layer_node *node, hw_part_kind kind) {
  for (size_t i = 0; i < node->n_parts; i++)
    if (node->parts[i] == kind) return true;
  return false;
}

const hw_layer_node *hw_graph_node_of(const hw_graph_frame *frame, hw_part_kind kind) {
  const hw_layer_nodes *layer = hw_graph_layer_nodes(frame);
  for (size_t i = 0; i < layer->n; i++)
    if (hw_layer_node_has(&layer->nodes[i], kind)) return &layer->nodes[i];
  return NULL;
}

bool hw_graph_same_node(const hw_graph_frame *frame, const hw_part *a, const hw_part *b) {
  return a->layer == b->layer && a->target == b->target && hw_graph_node_of(frame, a->kind) == hw_graph_node_of(frame, b->kind);
}
