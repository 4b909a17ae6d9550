/* SPDX-License-Identifier: Apache-2.0
 * What an answer depends on (METHOD sections 7 to 11): direct attribution, answer relevance, and contrast relevance between a prompt and its
 * counterfactual. One backward pass over the activations of a forward pass divides the answer's margin over tokens, heads, FFNs, neurons
 * and edges, without a rest. */
#ifndef HEADWATER_RELEVANCE_H
#define HEADWATER_RELEVANCE_H

#include "headwater/arena.h"
#include "headwater/error.h"
#include "headwater/model.h"
#include "headwater/relevance_rows.h"

HW_BEGIN_C

#define HW_RELEVANCE_THRESHOLD 0.04 /* shares above it are the graph, where no other threshold is given */

typedef struct hw_relevance_settings {
  bool answer, contrast; /* which of the two backward passes are made */
  double floor;          /* parts whose |share| is above it are kept, in [0, 1) */
  uint32_t top_neurons;  /* k of each FFN part that is kept */
} hw_relevance_settings;

typedef struct hw_relevance_neuron {
  uint16_t layer;
  uint32_t position, neuron;
  double r; /* logits */
} hw_relevance_neuron;

/* The relevances of one prompt, in logits. Arrays live in the arena. */
typedef struct hw_relevance {
  const char *reason;  /* NULL, or why there are no numbers; then m and m_reference alone may be there */
  double m, m_reference; /* METHOD section 7; m_reference of contrast alone */
  double *heads;       /* [n_layers][n_heads] summed over positions and keys */
  double *value, *key, *query; /* the same of contrast: by way of which it is */
  double *ffn;         /* [n_layers] summed over positions */
  double *states;      /* [n_layers][n_tokens] of the state that enters a block; those of block 0 are the tokens' */
  double biases;       /* of answer: with the tokens they add up to m */
  hw_relevance_part *parts; /* [n_parts] above the floor: from the last layer down, FFN parts, attention parts, query parts, by target, source, head */
  size_t n_parts;
  hw_relevance_neuron *neurons; /* [n_neurons] of each FFN part that is there the largest by |r|, largest first, in the order of the parts */
  size_t n_neurons;
} hw_relevance;

/* What each component at the last position says by itself about the choice, in logits (METHOD section 8). All of it adds up to m. */
typedef struct hw_direct_attribution {
  double *heads;          /* [n_layers][n_heads] */
  double *ffn;            /* [n_layers] */
  double *attention_bias; /* [n_layers] */
  double embedding;
  double norm_bias;       /* of the final norm and of the unembedding */
} hw_direct_attribution;

#define HW_NO_REFERENCE ((size_t)-1)

/* The reason where answer and foil are the same token: the model is asked about the first tokens alone, and these have no margin. */
#define HW_REASON_SAME_TOKEN "answer and foil begin with the same token"

/* What is asked of one prompt of a batch, and the answers. */
typedef struct hw_relevance_prompt {
  size_t prompt, reference; /* in the batch: the prompt, and its counterfactual or HW_NO_REFERENCE */
  int32_t answer, foil;     /* token ids; answer -1: the predicted token, which takes its place; foil -1: the mean of all tokens */
  hw_direct_attribution direct;
  hw_relevance by_answer, by_contrast; /* those that the settings ask for */
} hw_relevance_prompt;

/* Answers for n prompts of a batch that keeps_inputs. Results live in the arena and do not depend on which prompts are beside them; scratch is work space.
 * Errors: UNSUPPORTED when the batch does not keep them, MEMORY. */
HW_API bool hw_relevance_trace(const hw_activations *acts, const hw_relevance_settings *settings, hw_relevance_prompt *prompts, size_t n,
                               const hw_team *team, hw_arena *arena, hw_arena *scratch, hw_error *err);

/* Bytes of that for one prompt, in the arena, but for parts beyond a usual number of them; and of the work space for prompts that have n_rows
 * tokens together, none of them more than `longest`, with a team of n_members at most. The share of the heads grows with the members, up to 128 MiB
 * (one member may take more). Parts that are kept while a layer is at work (48 bytes each) are not counted. */
HW_API size_t hw_relevance_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t n_tokens);
HW_API size_t hw_relevance_work_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t n_rows, size_t longest, size_t n_members);

HW_END_C

#endif
