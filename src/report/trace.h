/* SPDX-License-Identifier: Apache-2.0
 * One prompt traced, and its two ways to be shown. */
#ifndef HW_REPORT_TRACE_H
#define HW_REPORT_TRACE_H

#include "headwater/buffer.h"
#include "base/json_writer.h"
#include "headwater/trace.h"

/* A certificate, and of what it is. */
typedef struct hw_named_certificate {
  const char *graph; /* "routes", "answer", "contrast" */
  double threshold;
  hw_ablation_unit unit;
  hw_baseline baseline;
  hw_certificate found;
} hw_named_certificate;

/* Effects of single knock-outs. */
typedef struct hw_knockouts {
  hw_baseline baseline;
  double *heads, *ffn; /* [n_layers][n_heads], [n_layers] */
} hw_knockouts;

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
  hw_answer_question question; /* that relevance answers */
  const hw_named_certificate *certificates; /* [n_certificates]; NULL: not asked for; none where answer and foil are the same token */
  size_t n_certificates;
  const hw_knockouts *knockouts; /* [n_knockouts], likewise */
  size_t n_knockouts;
  int columns;
} hw_trace_view;

void hw_trace_put_json(const hw_trace_view *view, hw_buffer *out);
void hw_trace_put_text(const hw_trace_view *view, hw_buffer *out);

/* The routes of the last position, NULL where it is no target. */
const hw_target_trace *hw_trace_last_routes(const hw_trace_view *view);

/* A token in quotes, or its id when there is no tokenizer. */
void hw_trace_put_token(hw_buffer *out, const hw_trace_view *view, int32_t id);
/* The keys "id" and "text" of a token; the text is null when there is no tokenizer. */
void hw_trace_key_token(hw_json *json, const hw_trace_view *view, int32_t id);
/* The keys "relevance", "certificates" and "knockouts", where they were asked for. */
void hw_trace_put_answer(const hw_trace_view *view, hw_json *json);
/* The same as text, behind the graphs. */
void hw_trace_put_answer_text(const hw_trace_view *view, hw_buffer *out);

#endif
