/* SPDX-License-Identifier: Apache-2.0
 * What happens to an answer when parts are taken away (METHOD section 12): forward passes in which a set of parts is kept, or replaced, and
 * everything else is computed anew. */
#ifndef HEADWATER_ABLATION_H
#define HEADWATER_ABLATION_H

#include "headwater/arena.h"
#include "headwater/error.h"
#include "headwater/model.h"

HW_BEGIN_C

/* EDGES: an attention part (layer, head, target, source) is kept or replaced by itself. NODES: a head at a position is, with all that it
 * reads there, when one of its parts is in the set. */
typedef enum hw_ablation_unit { HW_ABLATE_EDGES, HW_ABLATE_NODES } hw_ablation_unit;
HW_API extern const char *const hw_ablation_unit_names[3]; /* "edge", "node", NULL */

/* What a replaced part gives in its place: what it gives in the counterfactual, nothing, or (NODES only) what it gives on average over other
 * prompts. */
typedef enum hw_baseline { HW_BASELINE_COUNTERFACTUAL, HW_BASELINE_ZERO, HW_BASELINE_MEAN } hw_baseline;
HW_API extern const char *const hw_baseline_names[4]; /* "counterfactual", "zero", "mean", NULL */

/* An attention part, or with head HW_ABLATED_FFN the FFN at a position. */
typedef struct hw_ablated_part {
  uint16_t layer, head;
  uint32_t target, source;
} hw_ablated_part;
enum { HW_ABLATED_FFN = UINT16_MAX };

/* Parts of a prompt. Lives in the arena that it was made in. */
typedef struct hw_part_set {
  size_t n_layers, n_heads, n_tokens;
  size_t n_attention, n_ffn;
  size_t *first;     /* [n_layers * n_heads * n_tokens + 1] of (layer, head, target): where its sources begin */
  uint32_t *sources; /* [n_attention] ascending */
  bool *ffn;         /* [n_layers * n_tokens] */
} hw_part_set;

/* Parts that are listed twice count once. Errors: INPUT for a part outside of the model or the prompt, MEMORY. */
HW_API bool hw_part_set_make(const hw_model *model, size_t n_tokens, const hw_ablated_part *parts, size_t n, hw_arena *arena, hw_part_set *set, hw_error *err);

/* One pass, and what becomes of the answer. */
typedef struct hw_ablation {
  size_t prompt;           /* which of the prompts */
  const hw_part_set *set;  /* or NULL: these heads and FFNs at all positions, by NODES */
  const hw_ablated_part *components; /* [n_components] of which layer and head (or HW_ABLATED_FFN) are read */
  size_t n_components;
  bool replaces;           /* the set is replaced and all else kept; else the other way round */
  hw_ablation_unit unit;
  hw_baseline baseline;
  double m;                /* out, METHOD section 7 */
  double kl;               /* out: KL(model || ablated) over the vocabulary, nats */
  int32_t predicted;       /* out */
  uint32_t answer_rank;    /* out, 1: the answer is predicted; of equals the lower id stands first */
} hw_ablation;

/* A prompt of a batch whose parts are ablated. */
typedef struct hw_ablated_prompt {
  const hw_activations *acts;
  size_t prompt, reference; /* reference: the counterfactual, with as many tokens; needed by HW_BASELINE_COUNTERFACTUAL alone */
  int32_t answer, foil;     /* token ids; foil -1: the mean of all tokens */
  float *const *mean_mixes; /* [n_layers] of [n_tokens, n_heads * d_head], what W_O takes; for HW_BASELINE_MEAN */
  float *const *mean_ffn;   /* [n_layers] of [n_tokens, d_model], what the FFN adds */
} hw_ablated_prompt;

/* Runs n passes of prompts of one model, several in a batch. Layers below the first that has something to replace are not run again, and where
 * everything is replaced only the last position is. What a pass gives depends on no other one. scratch: work
 * space. Errors: INPUT for a unit or a baseline that is none, for a baseline mean of EDGES or without means, MEMORY. */
HW_API bool hw_ablate(const hw_ablated_prompt *prompts, size_t n_prompts, hw_ablation *passes, size_t n, const hw_team *team, hw_arena *scratch, hw_error *err);

HW_END_C

#endif
