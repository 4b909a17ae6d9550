/* SPDX-License-Identifier: Apache-2.0
 * The data of a saved page from a trace. */
#include "base/json_writer.h"
#include "web/live_json.h"
#include "web/page.h"

/* What the panel and the files tell of the model: members of the end point `run`. */
static void put_run(const hw_page_trace *page, hw_buffer *out) {
  static const char *const project[] = {"default", "all", "none"};
  hw_json json;
  hw_json_init(&json, out);
  hw_json_begin_object(&json);
  hw_json_key(&json, "model");
  hw_json_string(&json, page->model->name);
  hw_json_key(&json, "family");
  hw_json_string(&json, page->model->config.family);
  hw_json_key(&json, "project");
  hw_json_string(&json, project[page->analysis->project]);
  hw_json_end_object(&json);
}

bool hw_page_traced(const hw_page_trace *page, hw_buffer *title, hw_buffer *data, hw_error *err) {
  const hw_live_view view = {.trace = page->trace, .t = page->trace->prompt.n_targets - 1, .tokenizer = page->tokenizer, .text = page->text, .prompt = -1};
  const hw_target_trace *of = &page->trace->result.flow.traces[view.t];
  hw_buffer_printf(title, "%s: %s", page->model->name, page->text ? page->text : "token ids");
  hw_buffer_append_string(data, "{\"run\":");
  put_run(page, data);
  hw_buffer_append_string(data, ",\n\"graph\":");
  hw_live_put_graph(&view, data);
  hw_buffer_append_string(data, ",\n\"lists\":");
  hw_live_put_lists(page->tokenizer, of->projections, of->n_projections, data);
  hw_buffer_append_string(data, ",\n\"neurons\":");
  hw_live_put_nodes(&view, data);
  hw_buffer_append_byte(data, '}');
  return hw_buffer_check(title, err) && hw_buffer_check(data, err);
}
