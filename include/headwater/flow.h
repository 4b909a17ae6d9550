/* SPDX-License-Identifier: Apache-2.0
 * Information Flow Routes (Ferrando & Voita 2024) over the activations of a batch: the graph of every target, the neurons of
 * its FFN nodes, and what its components say in vocabulary space. The formulas are those of src/METHOD.md, sections 1 to 5. */
#ifndef HEADWATER_FLOW_H
#define HEADWATER_FLOW_H

#include "headwater/arena.h"
#include "headwater/error.h"
#include "headwater/graph.h"
#include "headwater/model.h"

HW_BEGIN_C

typedef enum hw_project { HW_PROJECT_DEFAULT, HW_PROJECT_ALL, HW_PROJECT_NONE } hw_project;

/* Which projections are made: AUTO shows a component (head, block) as its frozen share of the target's logits and a residual
 * state alone, which is the logit lens. */
typedef enum hw_convention_choice {
  HW_CONVENTIONS_AUTO,
  HW_CONVENTIONS_ALONE,
  HW_CONVENTIONS_FROZEN,
  HW_CONVENTIONS_BOTH,
} hw_convention_choice;

typedef struct hw_flow_settings {
  double threshold;       /* tau, in (0, 1) */
  double floor;           /* <= threshold: rows above it are kept and walked */
  uint32_t top_neurons;   /* k of each FFN node */
  uint32_t top_tokens;    /* k of each projection list */
  hw_project project;
  hw_convention_choice conventions;
  bool raw;               /* evaluate every node and keep the unrounded importances */
  size_t proximity_floats; /* proximities of attention nodes that are held at once, 0: HW_PROXIMITY_FLOATS. Fewer cost time, for each
                            * block of nodes repeats the layer's product of values and W_O; results are the same */
  bool states_only;         /* hw_batch.states_only of the batches of a worker: less memory and more time; results are the same */
  double *neuron_seconds;   /* the time that neurons take is added to it, by the clock; NULL: not measured */
} hw_flow_settings;

enum { HW_PROXIMITY_FLOATS = 1 << 24 };

/* One graph. Everything lives in the arena of the trace. */
typedef struct hw_target_trace {
  hw_graph_frame frame;
  const hw_part *parts; /* every row above the floor, in hw_part_compare order */
  size_t n_parts;
  hw_graph graph;       /* the replay at the threshold */
  size_t n_neuron_nodes, n_neurons;
  const hw_neuron_node *neuron_nodes; /* of every FFN node reached at the floor; those of the graph are among them */
  const hw_neuron_row *neurons;
  size_t n_projections;
  const hw_projection *projections; /* of the graphs of all thresholds from the floor on; those that the graph has not are marked as outside */
} hw_target_trace;

/* Unrounded importances of every node, reached or not. */
typedef struct hw_raw_importances {
  size_t n_layers, n_tokens, n_heads;
  double *attention;          /* [L][T target][T source][H]; 0 above the diagonal */
  double *attention_residual; /* [L][T] */
  double *ffn;                /* [L][T] */
  double *ffn_residual;       /* [L][T]; NULL when no node has such a part (parallel blocks) */
} hw_raw_importances;

/* What is asked of one prompt of the batch, and the answer. */
typedef struct hw_flow_prompt {
  size_t prompt;           /* index in the batch */
  size_t n_targets;
  const uint32_t *targets; /* positions, ascending, none twice */
  hw_target_trace *traces; /* out, [n_targets] */
  hw_raw_importances raw;  /* out, when settings.raw */
  const char *failure;     /* out: NULL, or why this prompt has no graph (a number that is not finite) */
} hw_flow_prompt;

/* Traces the prompts. Results go to `arena`; `scratch` (where the activations may live) is work
 * space. Errors: MEMORY only; what is wrong with one prompt is its `failure`. Results do not depend on which prompts stand
 * in the batch beside it. */
HW_API bool hw_flow_trace(const hw_activations *acts, const hw_flow_settings *settings, hw_flow_prompt *prompts, size_t n_prompts,
                   const hw_team *team, hw_arena *arena, hw_arena *scratch, hw_error *err);

/* What hw_flow_trace takes of `scratch`, in bytes, at most: for n_rows rows that n_tokens tokens have, prompts of up to `longest` tokens and
 * n_targets targets each, and a team of n_members at most. Raw importances are not in it, nor what replaying a graph takes for each of its rows (hw_graph_replay_bytes). */
HW_API size_t hw_flow_bytes(const hw_model *model, const hw_flow_settings *settings, size_t n_rows, size_t n_tokens,
                            size_t longest, size_t n_targets, size_t n_members);

/* What the graph of one target of a prompt takes of `arena`, and its rows and sums where they are encoded, in bytes, about. How many
 * edges and neurons a graph has depends on the text and the floor, and with HW_PROJECT_ALL how many projections: a typical number is
 * counted. */
HW_API size_t hw_flow_graph_bytes(const hw_model *model, const hw_flow_settings *settings, size_t n_tokens);

/* What one component of a prompt of the batch promotes and suppresses, whether or not a graph has it, as the trace of `target` shows it.
 * rows[0] has kind (no neuron), layer, position, and of a head its index; rows[0] is filled in under the convention `alone`, rows[1] under
 * `frozen`. Lists of k tokens, in the arena. */
HW_API bool hw_project_component(const hw_activations *acts, size_t prompt, uint32_t target, uint32_t k, hw_projection rows[2],
                          const hw_team *team, hw_arena *arena, hw_error *err);

/* Where one head of a layer looks, for all positions of a prompt of the batch. Row i of the lower triangles begins at i (i + 1) / 2 and has
 * a number for each key 0..i. weights: attention. contributions: importance of the part from the key through the head in the node that has
 * the layer's attention parts, unrounded, as in hw_raw_importances. Errors: MEMORY only. */
HW_API bool hw_flow_attention(const hw_activations *acts, size_t prompt, size_t layer, size_t head, float *weights, double *contributions,
                       const hw_team *team, hw_error *err);

/* What the W_OUT rows of neurons promote and suppress, convention `alone`: facts of the model, not of a prompt. rows[i] has
 * layer and index set; lists of k tokens are filled in, in the arena. */
HW_API bool hw_project_neurons(const hw_model *model, hw_projection *rows, size_t n, uint32_t k, const hw_team *team, hw_arena *arena,
                        hw_error *err);

HW_END_C

#endif
