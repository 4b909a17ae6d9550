/* SPDX-License-Identifier: Apache-2.0
 * One prompt traced in one call. For many prompts run.h is faster: it computes them in batches on all cores. */
#ifndef HEADWATER_TRACE_H
#define HEADWATER_TRACE_H

#include "headwater/ablation.h"
#include "headwater/relevance.h"
#include "headwater/run.h"

HW_BEGIN_C

/* A traced prompt. Everything in it lives until hw_trace_fini; the model and the tokenizer must live as long. */
typedef struct hw_trace {
  hw_prompt_input prompt;       /* token ids and target positions */
  hw_prompt_result result;      /* result.flow.traces[t] is the graph of target t, result.predictions[t] the next token after it */
  const hw_projection *neurons; /* [n_neurons] what the neurons of all graphs promote, by (layer, index); none with HW_PROJECT_NONE */
  size_t n_neurons;
  hw_worker worker;             /* owns the memory */
  int n_threads;                /* that compute the trace, and answers to questions */
} hw_trace;

/* Traces the text. model and tokenizer are those of one folder, opened by the caller; any number of threads may use them at the same
 * time. analysis: NULL for hw_analysis_defaults; its `memory` limits what the trace takes until hw_trace_fini. Call hw_trace_fini also after
 * an error. Errors: INPUT for settings that are out of range or contradict each other, PROMPT when this text cannot be traced (empty, too long, not UTF-8, over
 * the memory), MEMORY. */
HW_API bool hw_trace_text(const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *text,
                          hw_trace *trace, hw_error *err);
/* The same for n token ids, taken as they are; they must live as long as the trace. */
HW_API bool hw_trace_ids(const hw_model *model, const hw_analysis *analysis, const int32_t *ids, size_t n, hw_trace *trace, hw_error *err);
HW_API void hw_trace_fini(hw_trace *trace);

/* ---- Questions to a trace ----
 *
 * The activations of the prompt stay in the trace until hw_trace_fini, so what was not projected can be asked for one by one: components
 * and states at any layer and position, in the graph or not. One thread at a time may ask a trace. Errors: INPUT for a layer, position, head,
 * neuron, target or state that is not there and for k out of 1..1000, MEMORY. */

/* What a component promotes and suppresses: k tokens (or all, if there are fewer) at either end, by both conventions; `frozen` is scaled for
 * the target t (an index of prompt.targets). index: of the head or neuron, 0 for other kinds. rows[0] is alone, rows[1] frozen; *n is 2, of
 * a neuron 1: its row of W_out, alone, without the sign of its activation. The rows are those of HW_PROJECT_ALL where it has them. They
 * live in the arena. */
HW_API bool hw_trace_list(hw_trace *trace, size_t t, hw_component_kind kind, size_t layer, size_t position, size_t index, uint32_t k,
                   hw_arena *arena, hw_projection rows[2], size_t *n, hw_error *err);

typedef struct hw_lens_token {
  int32_t id;
  float logit, probability;
  uint32_t rank_before; /* from 1: the token's rank in the lens of the state before the block */
} hw_lens_token;

/* Logit lens of a state: its k most probable tokens, most probable first (equals: lowest id). after: HW_STATE_MID, after the attention of
 * the layer, or HW_STATE_POST, after the layer. The block before it is the attention, the FFN, or in a parallel block both. The lens after
 * the last layer is the prediction. *n is k, or the size of the vocabulary. */
HW_API bool hw_trace_lens(hw_trace *trace, size_t layer, hw_state after, size_t position, uint32_t k, hw_arena *arena, hw_lens_token **tokens,
                   size_t *n, hw_error *err);

/* Where a head looks, see hw_flow_attention: weights and contributions have T (T + 1) / 2 numbers for T = prompt.n_tokens. */
HW_API bool hw_trace_attention(hw_trace *trace, size_t layer, size_t head, hw_arena *arena, const float **weights,
                        const double **contributions, hw_error *err);

/* ---- What an answer depends on ---- */

typedef struct hw_answer_question {
  int32_t answer, foil;          /* token ids, see hw_relevance_prompt */
  size_t n_answer, n_foil;       /* tokens of the texts whose first ones these are; 0: not known */
  const int32_t *counterfactual; /* [n_counterfactual] tokens of another prompt, or NULL; they must live as long as the trace */
  size_t n_counterfactual;
  int64_t threads;               /* 0: one per core */
  int64_t memory;                /* MiB that forward pass and relevances may take; 0: no limit */
} hw_answer_question;

typedef struct hw_answer_texts {
  const char *answer, *foil, *counterfactual; /* NULL: not given */
} hw_answer_texts;

/* The token ids of texts about a prompt, into the question: the first tokens of answer and foil as they follow the prompt with how many there are, -1 and 0 where they are not
 * given, and the counterfactual's, which live in the arena. The tokenizer is that of the model, not NULL; the question's `threads` and `memory`
 * stay as they are. Errors: PROMPT naming the text that has no such tokens, MEMORY. */
HW_API bool hw_answer_question_prepare(const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *prompt,
                                       const hw_answer_texts *texts, hw_arena *arena, hw_answer_question *question, hw_error *err);

/* A prompt and its counterfactual, run once. Everything in it lives until hw_answer_trace_fini; the model must live as long. */
typedef struct hw_answer_trace {
  hw_relevance_prompt relevance;
  hw_activations acts; /* prompt 0 is the prompt, prompt 1 the counterfactual if there is one */
  int32_t *ids;
  size_t first[3];
  hw_team team;
  hw_arena arena, scratch;
} hw_answer_trace;

/* Finds the relevances of a prompt of n token ids. Call hw_answer_trace_fini also after an error. Errors:
 * INPUT for the question's `threads` and `memory` out of range; PROMPT naming what is wrong with ids of the prompt, the counterfactual, the answer or the foil, or that it takes more than the question's
 * `memory`; MEMORY. */
HW_API bool hw_answer_trace_ids(const hw_model *model, const int32_t *ids, size_t n, const hw_answer_question *question,
                                const hw_relevance_settings *settings, hw_answer_trace *trace, hw_error *err);

/* What a graph of the prompt is worth (METHOD section 13). */
typedef struct hw_certificate {
  size_t n_attention, n_ffn;   /* parts of the graph */
  double m, none;              /* the answer's margin, and with all parts replaced */
  hw_ablation kept, removed;   /* with the graph alone, and with all but the graph */
} hw_certificate;

/* Certifies a graph of n parts. Errors: INPUT for a part that is outside of the prompt, for a baseline that needs a counterfactual of as
 * many tokens where there is none, and for the baseline mean, which needs other prompts; MEMORY. */
HW_API bool hw_answer_trace_certify(hw_answer_trace *trace, const hw_ablated_part *parts, size_t n, hw_ablation_unit unit, hw_baseline baseline,
                                    hw_certificate *certificate, hw_error *err);

/* Effects m - m(S) of single knock-outs: S is all but a head, or an FFN, at all positions. heads: [n_layers][n_heads], ffn: [n_layers].
 * Errors: as above. */
HW_API bool hw_answer_trace_knock_out(hw_answer_trace *trace, hw_baseline baseline, double *heads, double *ffn, hw_error *err);

HW_API void hw_answer_trace_fini(hw_answer_trace *trace);

HW_END_C

#endif
