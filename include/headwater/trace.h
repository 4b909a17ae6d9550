/* SPDX-License-Identifier: Apache-2.0
 * One prompt traced in one call. For many prompts run.h is faster: it computes them in batches on all cores. */
#ifndef HEADWATER_TRACE_H
#define HEADWATER_TRACE_H

#include "headwater/run.h"

HW_BEGIN_C

/* A traced prompt. Everything in it lives until hw_trace_fini; the model and the tokenizer must live as long. */
typedef struct hw_trace {
  hw_prompt_input prompt;       /* token ids and target positions */
  hw_prompt_result result;      /* result.flow.traces[t] is the graph of target t, result.predictions[t] the next token after it */
  const hw_projection *neurons; /* [n_neurons] what the neurons of all graphs promote, by (layer, index); none with HW_PROJECT_NONE */
  size_t n_neurons;
  hw_worker worker;             /* owns the memory */
} hw_trace;

/* Traces the text. model and tokenizer are those of one folder, opened by the caller; any number of threads may use them at the same
 * time. analysis: NULL for hw_analysis_defaults. Call hw_trace_fini also after an error. Errors: INPUT for settings that
 * contradict each other, PROMPT when this text cannot be traced (empty, too long, not UTF-8), MEMORY. */
HW_API bool hw_trace_text(const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *text,
                          hw_trace *trace, hw_error *err);
/* The same for n token ids, taken as they are; they must live as long as the trace. */
HW_API bool hw_trace_ids(const hw_model *model, const hw_analysis *analysis, const int32_t *ids, size_t n, hw_trace *trace, hw_error *err);
HW_API void hw_trace_fini(hw_trace *trace);

HW_END_C

#endif
