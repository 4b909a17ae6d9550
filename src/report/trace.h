/* SPDX-License-Identifier: Apache-2.0
 * One prompt traced, and its two ways to be shown. */
#ifndef HW_REPORT_TRACE_H
#define HW_REPORT_TRACE_H

#include "headwater/buffer.h"
#include "base/json_writer.h"
#include "headwater/relevance.h"
#include "headwater/run.h"

typedef struct hw_trace_view {
  const hw_model *model;
  const hw_tokenizer *tokenizer; /* NULL: texts are unknown */
  const hw_analysis *analysis;
  const hw_flow_settings *flow;
  const hw_prompt_input *input;
  const hw_prompt_result *result;
  const hw_projection *neurons; /* [n_neurons] projections of the neurons of all targets, by (layer, index) */
  size_t n_neurons;
  const hw_relevance_prompt *relevance; /* or NULL */
  const hw_relevance_settings *relevance_settings;
  int columns;
} hw_trace_view;

void hw_trace_put_json(const hw_trace_view *view, hw_buffer *out);
void hw_trace_put_text(const hw_trace_view *view, hw_buffer *out);

/* The key "relevance" and its object. */
void hw_trace_put_relevance(const hw_trace_view *view, hw_json *json);

#endif
