/* SPDX-License-Identifier: Apache-2.0
 * The information-flow graph as data: rows of parts in, weights and flow out (METHOD sections 2 to 4). Both the run
 * and the functions that read a database replay a graph from its rows through this code, so they give the same bits.
 *
 * Nodes: token X_i, A{l}_i (residual after attention), M{l}_i (FFN), I{l}_i (residual after the FFN). */
#ifndef HEADWATER_GRAPH_H
#define HEADWATER_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/arena.h"
#include "headwater/error.h"

HW_BEGIN_C

/* Importances are integers in 1e-6, rounded once; as a number they are divided by HW_MICRO. */
#define HW_MICRO 1e6
HW_API uint32_t hw_micro(double share); /* share in 1e-6, rounded once; 0 for what is not above 0 */

typedef enum hw_part_kind {
  HW_PART_ATTENTION = 0,          /* source j, head h -> A{l}_target */
  HW_PART_ATTENTION_RESIDUAL = 1, /* I{l-1}_target -> A{l}_target */
  HW_PART_FFN = 2,                /* M{l}_target -> I{l}_target */
  HW_PART_FFN_RESIDUAL = 3,       /* A{l}_target -> I{l}_target */
} hw_part_kind;
HW_API extern const char *const hw_part_kind_names[4]; /* "attention", "attention_residual", "ffn", "ffn_residual" */

#define HW_NO_HEAD UINT16_MAX

/* One part of one node: a row as it is stored. */
typedef struct hw_part {
  uint32_t importance; /* share of the node, 1e-6 */
  uint32_t target;     /* position */
  uint32_t source;     /* position; == target but for attention */
  uint16_t layer;
  uint16_t head; /* HW_NO_HEAD but for attention */
  uint8_t kind;  /* hw_part_kind */
} hw_part;

/* ---- The rules of the graph, each in one place ----
 *
 * NODE. hw_graph_layer_nodes says which nodes a layer has, and which parts each has in which order. A sequential block has an FFN node and
 * an attention node, a parallel block one node for both.
 * STORED. The rows of a layer are in two groups, whatever its nodes are: FFN and FFN_RESIDUAL rows, then attention rows.
 * KEPT. Rows are stored for parts above the floor; a part is kept at a threshold when its importance is strictly greater. A node
 * without such a part keeps its largest (hw_part_beats).
 * IN THE GRAPH at a threshold: the kept parts of the nodes that the walk from the target reaches at that threshold; the neurons of its
 * FFN nodes (hw_graph_ffn_node); the projections that hw_graph_mark_projections leaves unmarked. What is stored for other thresholds
 * from the floor on is outside, and decoders leave it out unless they are asked for it. */
HW_API bool hw_part_in_ffn_rows(const hw_part *part); /* stored in the first of the layer's two groups */
HW_API bool hw_part_is_residual(const hw_part *part);
HW_API bool hw_part_is_kept(const hw_part *part, double threshold);
/* The order of a fallback: largest first; of equals the residual, then the lowest source, then the lowest head. */
HW_API bool hw_part_beats(const hw_part *a, const hw_part *b);

/* The order of stored rows: layer from high to low; in a layer FFN and FFN_RESIDUAL rows before attention rows; then target
 * ascending; then attention parts by (source, head), the FFN part, the residual part last. <0, 0, >0. */
HW_API int hw_part_compare(const hw_part *a, const hw_part *b);

/* What the rows belong to. */
typedef struct hw_graph_frame {
  uint32_t n_layers;
  uint32_t n_tokens; /* of the prompt */
  uint32_t target;   /* position where the walk starts */
  bool parallel;     /* attention and FFN in one node (METHOD section 1): selects hw_graph_layer_nodes */
} hw_graph_frame;

/* The residual states of layer l at a position, from the top down. */
typedef enum hw_state {
  HW_STATE_POST = 0, /* I{l}, after the layer */
  HW_STATE_MID = 1,  /* A{l}, between attention and FFN */
  HW_STATE_PRE = 2,  /* I{l-1}, before the layer */
} hw_state;
enum { HW_N_STATES = 3 };

/* A node divides a state at a position into parts; each kept part passes its flow to another state at the part's source. */
typedef struct hw_layer_node {
  const char *name; /* "ffn", "attention", "block" */
  hw_state whole;   /* the sum of the parts */
  hw_state below;   /* gets the flow of the parts */
  uint8_t n_parts;
  uint8_t parts[3]; /* hw_part_kind in the order of the node's edges; HW_PART_ATTENTION, first if any, is a part for each (source, head) */
} hw_layer_node;

/* The nodes of each layer of a model, from the top of the layer down. */
typedef struct hw_layer_nodes {
  size_t n;
  hw_layer_node nodes[2];
} hw_layer_nodes;

HW_API const hw_layer_nodes *hw_graph_layer_nodes(const hw_graph_frame *frame);
/* The node that has parts of this kind, NULL when no node of the layer has. */
HW_API const hw_layer_node *hw_graph_node_of(const hw_graph_frame *frame, hw_part_kind kind);
HW_API bool hw_graph_same_node(const hw_graph_frame *frame, const hw_part *a, const hw_part *b);
/* True when the part is among `node`'s. */
HW_API bool hw_layer_node_has(const hw_layer_node *node, hw_part_kind kind);

typedef struct hw_edge { /* a surviving part, with what the walk gives it */
  hw_part part;
  double weight; /* share among the node's survivors */
  double flow;   /* of the 1 put in at the target */
} hw_edge;

typedef struct hw_head_row { /* METHOD section 4, one graph */
  uint16_t layer, head;
  uint32_t importance;      /* largest, over reached nodes, of the sum of its surviving shares; 1e-6 */
  uint32_t best_position;   /* the node where that is (lowest position of equals) */
  double flow;              /* through its edges */
} hw_head_row;

typedef struct hw_ffn_node { /* an FFN node M{l}_i that the walk reached and whose FFN part survives */
  uint16_t layer;
  uint32_t position;
  double flow;
} hw_ffn_node;

typedef struct hw_graph {
  size_t n_edges, n_heads, n_ffn_nodes;
  hw_edge *edges;         /* by layer from high to low, node in hw_layer_nodes order, target, then part in the node's order */
  hw_head_row *heads;     /* active heads by (layer, head) */
  hw_ffn_node *ffn_nodes; /* by layer from high to low, then position */
  double *token_flow;     /* [n_tokens], sums to 1 */
} hw_graph;

/* Applies a threshold to rows (sorted by hw_part_compare, complete down to the floor <= threshold): walks from the
 * target, keeps in every node the parts with importance / 1e6 > threshold, or else its single largest (ties: residual,
 * then lowest source, then lowest head), divides by their sum, pushes the flow down. The graph lives in the arena; `scratch` is work
 * space of hw_graph_replay_bytes, which may be the same arena.
 * Errors: INPUT when the rows are inconsistent (unsorted, out of range, a reached node without rows). */
HW_API bool hw_graph_replay(const hw_graph_frame *frame, const hw_part *parts, size_t n_parts, double threshold,
                     hw_arena *arena, hw_arena *scratch, hw_graph *graph, hw_error *err);
/* Bytes of `scratch` that hw_graph_replay takes, at most. */
HW_API size_t hw_graph_replay_bytes(size_t n_layers, size_t n_heads, size_t n_tokens, size_t n_parts);

/* The FFN node of a layer and position when it is in the graph, else NULL: only then are its neurons. */
HW_API const hw_ffn_node *hw_graph_ffn_node(const hw_graph *graph, uint32_t layer, uint32_t position);
/* The head when it is in the graph (active), else NULL. */
HW_API const hw_head_row *hw_graph_head(const hw_graph *graph, uint32_t layer, uint32_t head);

/* Neurons of one FFN node: its top-k by share. */
typedef struct hw_neuron_row {
  uint16_t layer;
  uint32_t position;
  uint32_t neuron;
  uint32_t importance; /* share of the whole node, 1e-6 */
  float activation;    /* what multiplies the neuron's W_out row */
} hw_neuron_row;

typedef struct hw_neuron_node { /* what a row's flow is computed from: flow(M) * share / total */
  uint16_t layer;
  uint32_t position;
  uint32_t total;  /* sum of the shares of ALL neurons there, 1e-6 */
  uint32_t n_rows; /* rows of this node, best first, one node after the other in hw_graph.ffn_nodes order */
} hw_neuron_node;

/* What a component says in vocabulary space (METHOD section 5). */
typedef enum hw_component_kind {
  HW_COMPONENT_HEAD = 0,
  HW_COMPONENT_ATTENTION = 1,
  HW_COMPONENT_FFN = 2,
  HW_COMPONENT_RESID_MID = 3,
  HW_COMPONENT_RESID_POST = 4,
  HW_COMPONENT_NEURON = 5,
} hw_component_kind;
HW_API extern const char *const hw_component_kind_names[6];

typedef enum hw_convention { HW_CONVENTION_ALONE = 0, HW_CONVENTION_FROZEN = 1 } hw_convention;
HW_API extern const char *const hw_convention_names[2];

typedef struct hw_projection { /* one component at one position under one convention */
  uint8_t kind;       /* hw_component_kind */
  uint8_t convention; /* hw_convention */
  uint16_t layer;
  uint32_t position;
  uint32_t index; /* head or neuron, 0 for the others */
  uint16_t k;     /* tokens in each list */
  bool outside;   /* of the graph: kept for another threshold (hw_graph_mark_projections) */
  const int32_t *promotes;      /* [k] token ids, highest score first (ties: lowest id) */
  const float *promote_scores;  /* [k] */
  const int32_t *suppresses;    /* [k] lowest score first */
  const float *suppress_scores; /* [k] */
} hw_projection;

enum { HW_PROJECTED_HEADS = 10 }; /* of a graph, in the default set */

/* Of a graph, with `all`: every head at its best position, and the blocks and states of its nodes. Else the HW_PROJECTED_HEADS most
 * important heads, and whatever else the rows have (blocks and states of the target, whether or not the graph passes through them).
 * Sets `outside` of each row. */
HW_API void hw_graph_mark_projections(const hw_graph *graph, const hw_graph_frame *frame, bool all, hw_projection *rows, size_t n);
/* The heads at the best positions that a graph of these rows projects at the threshold `lowest`, the most important first (of equals
 * the lower layer, then the lower head), followed by those that only graphs of higher thresholds project. Owned by the arena.
 * Errors: as hw_graph_replay. */
HW_API bool hw_graph_projected_heads(const hw_graph_frame *frame, const hw_part *parts, size_t n_parts, double lowest, bool all,
                                     hw_arena *arena, hw_head_row **heads, size_t *n, hw_error *err);

typedef struct hw_lens_score { /* logit lens: what the state after one block says about one token */
  double logit, probability;
  uint32_t rank; /* from 1 */
} hw_lens_score;

/* Logit lens of the answer and the foil of a prompt, after each block. */
typedef struct hw_answer_lens {
  const hw_lens_score *answer, *foil; /* [n_layers] of their first tokens at the last position; NULL: there is none, or it is not known;
                                       * foil also where one begins with the other, so that there is no difference */
  const double *difference; /* [n_layers] logit of the answer minus logit of the foil at the first token where they part; NULL: that is
                             * the first one, and the difference is that of `answer` and `foil` */
} hw_answer_lens;

/* An answer against its foil (METHOD section 6). */
typedef struct hw_answer_contrast {
  uint32_t n_shared;           /* tokens at their beginnings that are the same */
  float logit_diff;            /* logits of the first tokens that are not; NaN: not both, one begins with the other, or both are cut before they differ */
  double log_probability_diff; /* of all their tokens, nats; NaN: the same, or one of them is cut */
} hw_answer_contrast;

/* A byte of roles: the id below, and whether the token is the first or the last of its span. */
enum { HW_ROLE_MASK = 63, HW_ROLE_FIRST = 64, HW_ROLE_LAST = 128 };

HW_END_C

#endif
