/* SPDX-License-Identifier: Apache-2.0
 * The options of `headwater trace` about an answer, and the question that they make. */
#ifndef HW_CLI_TRACE_QUESTION_H
#define HW_CLI_TRACE_QUESTION_H

#include "report/trace.h"

typedef struct hw_question_options {
  const char *answer, *foil, *counterfactual; /* texts */
  const char *answer_token, *foil_token, *counterfactual_tokens; /* or ids */
  int relevance; /* HW_RELEVANCE_... */
  bool certify;
  const char *knockout; /* baselines "counterfactual,zero" */
} hw_question_options;

/* NULL, or what is wrong with options that are given together. */
const char *hw_question_problem(const hw_question_options *options, const char *prompt);

/* Token ids "464,1175". */
bool hw_parse_ids(const char *option, const char *text, hw_arena *arena, int32_t **ids, size_t *n, hw_error *err);

/* Answers the question about the prompt of view->input, whose text is `prompt` or NULL, and puts relevances, certificates and knock-outs into
 * the view. */
bool hw_question_trace(const hw_question_options *options, const char *prompt, hw_relevance_settings *settings, hw_arena *arena, hw_answer_trace *trace,
                       hw_trace_view *view, hw_error *err);

#endif
