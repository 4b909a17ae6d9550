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
  hw_json_key(&json, "live_model");
  hw_json_begin_object(&json);
  hw_live_put_words(&json, &page->words);
  hw_json_end_object(&json);
  hw_json_end_object(&json);
}

static bool put_relevance(const hw_page_trace *page, bool contrast, hw_arena *arena, hw_buffer *out, hw_error *err) {
  const hw_flow_settings *flow = &page->trace->worker.flow;
  const hw_live_relevance_view of = {.model = page->model, .tokenizer = page->tokenizer, .asked = page->relevance, .n_tokens = page->trace->prompt.n_tokens,
                                     .counterfactual = page->counterfactual, .n_counterfactual = page->n_counterfactual,
                                     .kept = {.contrast = contrast, .threshold = flow->threshold, .floor = page->relevance_settings->floor}};
  return hw_live_put_relevance(&of, arena, out, err);
}

static bool put_relevances(const hw_page_trace *page, const hw_live_view *view, hw_buffer *out, hw_error *err) {
  bool ok = true;
  for (int contrast = 0; ok && contrast < 2; contrast++) {
    hw_arena arena;
    hw_arena_init(&arena);
    hw_buffer_append_string(out, contrast ? ",\n\"contrast\":" : ",\n\"relevance\":{\"answer\":");
    if (contrast ? view->by_contrast : view->by_answer) ok = put_relevance(page, contrast, &arena, out, err);
    else hw_buffer_append_string(out, "null");
    hw_arena_fini(&arena);
  }
  hw_buffer_append_byte(out, '}');
  return ok;
}

bool hw_page_traced(const hw_page_trace *page, hw_buffer *title, hw_buffer *data, hw_error *err) {
  const hw_prompt_input *prompt = &page->trace->prompt;
  bool related = page->relevance && prompt->targets[prompt->n_targets - 1] + (size_t)1 == prompt->n_tokens;
  const hw_live_view view = {.trace = page->trace, .t = prompt->n_targets - 1, .tokenizer = page->tokenizer, .text = page->text, .prompt = -1,
                             .by_answer = related && page->relevance_settings->answer, .by_contrast = related && page->relevance_settings->contrast};
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
  if (!put_relevances(page, &view, data, err)) return false;
  hw_buffer_append_byte(data, '}');
  return hw_buffer_check(title, err) && hw_buffer_check(data, err);
}
