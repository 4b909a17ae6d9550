/* SPDX-License-Identifier: Apache-2.0
 * The data of a saved page from a trace. */
#include <inttypes.h>

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

static const hw_projection *find_neuron(const hw_trace *trace, const hw_neuron_row *row) {
  for (size_t i = 0; i < trace->n_neurons; i++)
    if (trace->neurons[i].layer == row->layer && trace->neurons[i].index == row->neuron) return &trace->neurons[i];
  return NULL;
}

/* "LAYER.POSITION": the neurons of each FFN node; without lists where none were made. */
static bool put_nodes(const hw_page_trace *page, const hw_target_trace *of, hw_arena *arena, hw_buffer *out, hw_error *err) {
  const hw_neuron_row *rows = of->neurons;
  for (size_t i = 0; i < of->n_neuron_nodes; rows += of->neuron_nodes[i++].n_rows) {
    const hw_neuron_node *node = &of->neuron_nodes[i];
    hw_projection *lists = hw_arena_znew(arena, hw_projection, node->n_rows, err);
    if (!lists) return false;
    for (uint32_t k = 0; k < node->n_rows; k++) {
      const hw_projection *found = find_neuron(page->trace, &rows[k]);
      if (found) lists[k] = *found;
    }
    hw_buffer_printf(out, "%s\"%" PRIu16 ".%" PRIu32 "\":", i ? ",\n" : "", node->layer, node->position);
    hw_live_put_neurons(page->tokenizer, rows, lists, node->n_rows, out);
  }
  return true;
}

bool hw_page_traced(const hw_page_trace *page, hw_buffer *title, hw_buffer *data, hw_error *err) {
  const hw_live_view view = {.trace = page->trace, .t = page->trace->prompt.n_targets - 1, .tokenizer = page->tokenizer, .text = page->text, .prompt = -1};
  const hw_target_trace *of = &page->trace->result.flow.traces[view.t];
  hw_arena arena;
  hw_arena_init(&arena);
  hw_buffer_printf(title, "%s: %s", page->model->name, page->text ? page->text : "token ids");
  hw_buffer_append_string(data, "{\"run\":");
  put_run(page, data);
  hw_buffer_append_string(data, ",\n\"graph\":");
  hw_live_put_graph(&view, data);
  hw_buffer_append_string(data, ",\n\"lists\":");
  hw_live_put_lists(page->tokenizer, of->projections, of->n_projections, data);
  hw_buffer_append_string(data, ",\n\"neurons\":{");
  bool ok = put_nodes(page, of, &arena, data, err);
  hw_buffer_append_string(data, "}}");
  hw_arena_fini(&arena);
  return ok && hw_buffer_check(title, err) && hw_buffer_check(data, err);
}
