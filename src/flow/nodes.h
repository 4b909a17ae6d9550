/* SPDX-License-Identifier: Apache-2.0
 * Importances of the parts of single nodes (METHOD section 2): no graph yet. */
#ifndef HW_FLOW_NODES_H
#define HW_FLOW_NODES_H

#include "headwater/flow.h"

/* A node of the layer at work. */
typedef struct hw_node {
  size_t owner;      /* index of the hw_flow_prompt */
  size_t prompt;     /* in the batch */
  uint32_t position;
  float *proximity;  /* attention: [(position + 1) * n_heads + 1], (key, head), the residual last; FFN: [2] f, m;
                        parallel block: as attention, with f before the residual */
  double rest;       /* sum of the proximities of all parts but f: what stands beside the neurons */
} hw_node;

/* Work space of hw_attention_proximity. */
typedef struct hw_attention_space {
  float *written;          /* [hw_tile_round(rows of the batch), d_model] */
  float *weights, *found;  /* [longest prompt] */
} hw_attention_space;

/* Fills proximity (clipped at 0) of the attention nodes A{layer}_i, or of the nodes of a parallel block and their rest. */
void hw_attention_proximity(const hw_activations *acts, size_t layer, hw_node *nodes, size_t n_nodes, const hw_attention_space *space,
                            float *panel);

/* Fills proximity and rest of the FFN nodes I{layer}_i: f, m. */
void hw_ffn_proximity(const hw_activations *acts, size_t layer, hw_node *nodes, size_t n_nodes);

/* Shares that sum to 1 in double, in the order of `proximity`; all to the last one (the residual) when every proximity is 0. */
void hw_importances(const float *proximity, size_t n, double *importance);

/* Top neurons of the FFN nodes M{layer}_i, whose rest is known: rows[n * k + r], best first, and the sum of all neurons' shares. */
bool hw_rank_neurons(const hw_activations *acts, size_t layer, const hw_node *nodes, size_t n_nodes, uint32_t k, hw_neuron_row *rows,
                     uint32_t *totals, hw_arena *arena, hw_error *err);

/* What hw_rank_neurons takes of the arena, in bytes, at most. */
size_t hw_rank_neurons_bytes(const hw_model *model, size_t n_nodes, uint32_t k);

/* What hw_project_traces takes of scratch, in bytes, at most. */
size_t hw_project_bytes(const hw_model *model, size_t n_rows);

/* Fills in the projections of the traces (METHOD section 5): rows in the arena, work space in scratch. */
bool hw_project_traces(const hw_activations *acts, const hw_flow_settings *settings, hw_flow_prompt *prompts, size_t n_prompts,
                       float *panel, hw_arena *arena, hw_arena *scratch, hw_error *err);

#endif
