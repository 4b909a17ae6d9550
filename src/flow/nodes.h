/* SPDX-License-Identifier: Apache-2.0
 * Importances of the parts of single nodes (METHOD section 2). */
#ifndef HW_FLOW_NODES_H
#define HW_FLOW_NODES_H

#include "headwater/flow.h"

/* A node of the layer at work. */
typedef struct hw_node {
  size_t owner;      /* index of the hw_flow_prompt */
  size_t prompt;     /* in the batch: one of those that have this row */
  uint32_t position;
  float *proximity;   /* [hw_node_width] of its parts, in the order of hw_layer_node.parts; attention by (key, head) */
  double non_ffn_sum; /* of the proximities of all parts but the FFN */
  size_t kept_by, first_part, n_parts; /* those that are kept, and the member of the team that keeps them */
} hw_node;

/* Number of parts of a node at a position. */
size_t hw_node_width(const hw_model *model, const hw_layer_node *kind, size_t position);

/* Work space of hw_node_proximity. */
typedef struct hw_proximity_space {
  float *head_output;            /* [rows of the batch, d_model] of one head; empty where the node has no attention parts */
  float *weights, *of_one_head;  /* [members of the team][longest] */
  size_t longest;
  bool *marked;                  /* [rows of the batch] */
  float *head_signs;             /* [hw_head_signs_floats] */
  float *signs;                  /* [members of the team][hw_sign_floats] */
} hw_proximity_space;

/* Fills proximity (clipped at 0) and non_ffn_sum of nodes of one kind in a layer. */
void hw_node_proximity(const hw_activations *acts, size_t layer, const hw_layer_node *kind, hw_node *nodes, size_t n_nodes,
                       const hw_proximity_space *space, const hw_team *team);

/* Shares that sum to 1 in double, in the order of `proximity`; all to the last one (the residual) when every proximity is 0. */
void hw_importances(const float *proximity, size_t n, double *importance);

/* Top neurons of the FFNs M{layer}_i, where non_ffn_sum is known: rows[n * k + r], best first, and the sum of all neurons' shares. */
bool hw_rank_neurons(const hw_activations *acts, size_t layer, const hw_node *nodes, size_t n_nodes, uint32_t k, hw_neuron_row *rows,
                     uint32_t *totals, const hw_team *team, hw_arena *arena, hw_error *err);

/* What hw_rank_neurons takes of the arena, in bytes, at most, in a batch of n_rows rows. */
size_t hw_rank_neurons_bytes(const hw_model *model, size_t n_rows, uint32_t k, size_t n_members);

/* What hw_project_traces takes of scratch, in bytes, at most. */
size_t hw_project_bytes(const hw_model *model, size_t n_rows);
/* Bytes of a graph's projections in the arena, about. */
size_t hw_projected_bytes(const hw_model *model, const hw_flow_settings *settings);

/* Fills in the projections of the traces (METHOD section 5): rows in the arena, work space in scratch. */
bool hw_project_traces(const hw_activations *acts, const hw_flow_settings *settings, hw_flow_prompt *prompts, size_t n_prompts,
                       const hw_team *team, hw_arena *arena, hw_arena *scratch, hw_error *err);

#endif
