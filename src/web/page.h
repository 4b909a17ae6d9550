/* SPDX-License-Identifier: Apache-2.0
 * The saved page: one HTML file with the modules, the style and the data of one graph. It works from disk and asks nothing of anybody. */
#ifndef HW_WEB_PAGE_H
#define HW_WEB_PAGE_H

#include "headwater/store.h"
#include "headwater/tokenizer.h"
#include "headwater/trace.h"
#include "web/live_json.h"

/* Writes the file. `data`: a JSON object, what web/saved.mjs reads; `title` is plain text. */
bool hw_page_write(const char *path, const char *title, const hw_buffer *data, hw_error *err);

/* The data of a stored graph: the texts of the end points run, graph, lists, relevance, and neurons of each FFN node. target -1: the last one.
 * Errors: INPUT, saying why the prompt has no such graph. */
bool hw_page_stored(hw_store *store, const char *db, int64_t prompt_id, int64_t target, hw_buffer *title, hw_buffer *data, hw_error *err);

typedef struct hw_page_trace {
  const hw_trace *trace;
  const hw_model *model;
  const hw_tokenizer *tokenizer; /* NULL: tokens are shown by their ids */
  const hw_analysis *analysis;
  const char *text; /* NULL when ids were given */
  hw_live_model_words words; /* for the command that traces it again */
  const hw_relevance_prompt *relevance; /* what its answer depends on, or NULL */
  const hw_relevance_settings *relevance_settings;
  const int32_t *counterfactual; /* [n_counterfactual] token ids that it was asked with */
  size_t n_counterfactual;
} hw_page_trace;

/* The same of a trace: the graph of its last target, and relevances where that is the last position. */
bool hw_page_traced(const hw_page_trace *page, hw_buffer *title, hw_buffer *data, hw_error *err);

#endif
