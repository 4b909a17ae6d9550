/* SPDX-License-Identifier: Apache-2.0
 * The JSON contract of `headwater trace --json`. */
#include "report/trace.h"
#include "base/json_writer.h"

void hw_trace_key_token(hw_json *json, const hw_trace_view *view, int32_t id) {
  const char *bytes;
  size_t length;
  hw_json_key_int(json, "id", id);
  hw_json_key(json, "text");
  if (view->tokenizer && hw_tokenizer_piece(view->tokenizer, id, &bytes, &length))
    hw_json_bytes(json, bytes, length);
  else
    hw_json_null(json);
}

static void write_model(hw_json *json, const hw_model *model) {
  const hw_model_config *c = &model->config;
  hw_json_key(json, "model");
  hw_json_begin_object(json);
  hw_json_key_string(json, "path", model->path);
  hw_json_key_string(json, "family", c->family);
  hw_json_key_int(json, "n_layers", c->n_layers);
  hw_json_key_int(json, "n_heads", c->n_heads);
  hw_json_key_int(json, "n_kv_heads", c->n_kv_heads);
  hw_json_key_int(json, "d_model", c->d_model);
  hw_json_key_int(json, "d_ffn", c->d_ffn);
  hw_json_key_int(json, "vocab_size", c->vocab_size);
  hw_json_key_string(json, "fingerprint", model->fingerprint);
  hw_json_end_object(json);
}

static void write_settings(hw_json *json, const hw_trace_view *view) {
  static const char *const project[] = {"default", "all", "none"};
  static const char *const convention[] = {"auto", "alone", "frozen", "both"};
  hw_json_key(json, "settings");
  hw_json_begin_object(json);
  hw_json_key_double(json, "threshold", view->flow->threshold);
  hw_json_key_double(json, "floor", view->flow->floor);
  hw_json_key_string(json, "norm", "l1");
  hw_json_key_string(json, "bos", hw_bos_names[view->analysis->bos]);
  hw_json_key_string(json, "targets", view->analysis->targets);
  hw_json_key_string(json, "project", project[view->analysis->project]);
  hw_json_key_string(json, "convention", convention[view->analysis->conventions]);
  hw_json_key_int(json, "top_neurons", view->analysis->top_neurons);
  hw_json_key_int(json, "top_tokens", view->analysis->top_tokens);
  hw_json_end_object(json);
}

/* Of several targets the mean: it sums to 1 as well. */
static void write_tokens(hw_json *json, const hw_trace_view *view) {
  hw_json_key(json, "tokens");
  hw_json_begin_array(json);
  for (size_t i = 0; i < view->input->n_tokens; i++) {
    double flow = 0;
    for (size_t t = 0; t < view->input->n_targets; t++) flow += view->result->flow.traces[t].graph.token_flow[i];
    hw_json_begin_object(json);
    hw_json_key_int(json, "position", (int64_t)i);
    hw_trace_key_token(json, view, view->input->ids[i]);
    hw_json_key_double(json, "flow", flow / (double)view->input->n_targets);
    hw_json_end_object(json);
  }
  hw_json_end_array(json);
}

static void write_prediction(hw_json *json, const hw_trace_view *view, const hw_prediction *prediction) {
  hw_json_key(json, "prediction");
  hw_json_begin_array(json);
  for (uint32_t i = 0; i < prediction->n; i++) {
    hw_json_begin_object(json);
    hw_trace_key_token(json, view, prediction->ids[i]);
    hw_json_key(json, "logit");
    hw_json_float(json, prediction->logits[i]);
    hw_json_key(json, "probability");
    hw_json_float(json, prediction->probabilities[i]);
    hw_json_end_object(json);
  }
  hw_json_end_array(json);
}

static void write_shares(hw_json *json, double importance, double weight, double flow) {
  hw_json_key_double(json, "importance", importance);
  hw_json_key_double(json, "weight", weight);
  hw_json_key_double(json, "flow", flow);
}

/* Edge rows [first, end) are one edge: the surviving heads of one source, or a single other part. */
static size_t write_edge(hw_json *json, const hw_graph *graph, size_t first) {
  const hw_part *part = &graph->edges[first].part;
  size_t end = first + 1;
  while (part->kind == HW_PART_ATTENTION && end < graph->n_edges && graph->edges[end].part.kind == HW_PART_ATTENTION &&
         graph->edges[end].part.layer == part->layer && graph->edges[end].part.target == part->target &&
         graph->edges[end].part.source == part->source)
    end++;
  uint64_t importance = 0;
  double weight = 0, flow = 0;
  for (size_t e = first; e < end; e++) {
    importance += graph->edges[e].part.importance;
    weight += graph->edges[e].weight;
    flow += graph->edges[e].flow;
  }
  hw_json_begin_object(json);
  hw_json_key_string(json, "kind", hw_part_kind_names[part->kind]);
  hw_json_key_int(json, "layer", part->layer);
  hw_json_key_int(json, "source", part->source);
  hw_json_key_int(json, "target", part->target);
  write_shares(json, (double)importance / HW_MICRO, weight, flow);
  if (part->kind == HW_PART_ATTENTION) {
    hw_json_key(json, "heads");
    hw_json_begin_array(json);
    for (size_t e = first; e < end; e++) {
      hw_json_begin_object(json);
      hw_json_key_int(json, "head", graph->edges[e].part.head);
      write_shares(json, graph->edges[e].part.importance / HW_MICRO, graph->edges[e].weight, graph->edges[e].flow);
      hw_json_end_object(json);
    }
    hw_json_end_array(json);
  }
  hw_json_end_object(json);
  return end;
}

static void write_heads(hw_json *json, const hw_graph *graph) {
  hw_json_key(json, "heads");
  hw_json_begin_array(json);
  for (size_t i = 0; i < graph->n_heads; i++) {
    hw_json_begin_object(json);
    hw_json_key_int(json, "layer", graph->heads[i].layer);
    hw_json_key_int(json, "head", graph->heads[i].head);
    hw_json_key_double(json, "importance", graph->heads[i].importance / HW_MICRO);
    hw_json_key_double(json, "flow", graph->heads[i].flow);
    hw_json_end_object(json);
  }
  hw_json_end_array(json);
}

static void write_neurons(hw_json *json, const hw_target_trace *trace) {
  hw_json_key(json, "neurons");
  hw_json_begin_array(json);
  const hw_neuron_row *row = trace->neurons;
  for (size_t n = 0; n < trace->n_neuron_nodes; n++) {
    bool shown = hw_graph_ffn_node(&trace->graph, trace->neuron_nodes[n].layer, trace->neuron_nodes[n].position) != NULL;
    for (uint32_t r = 0; r < trace->neuron_nodes[n].n_rows; r++, row++) {
      if (!shown) continue;
      hw_json_begin_object(json);
      hw_json_key_int(json, "layer", row->layer);
      hw_json_key_int(json, "position", row->position);
      hw_json_key_int(json, "neuron", row->neuron);
      hw_json_key_double(json, "importance", row->importance / HW_MICRO);
      hw_json_key(json, "activation");
      hw_json_float(json, row->activation);
      hw_json_key(json, "lists_swapped"); /* what the projection of the neuron promotes is suppressed here, and the other way round */
      hw_json_bool(json, row->activation < 0);
      hw_json_end_object(json);
    }
  }
  hw_json_end_array(json);
}

static void write_token_list(hw_json *json, const hw_trace_view *view, const char *key, const int32_t *ids, const float *scores, size_t k) {
  hw_json_key(json, key);
  hw_json_begin_array(json);
  for (size_t i = 0; i < k; i++) {
    hw_json_begin_object(json);
    hw_trace_key_token(json, view, ids[i]);
    hw_json_key(json, "score");
    hw_json_float(json, scores[i]);
    hw_json_end_object(json);
  }
  hw_json_end_array(json);
}

/* position < 0: the component has none. */
static void write_projection(hw_json *json, const hw_trace_view *view, const hw_projection *row, int64_t position) {
  hw_json_begin_object(json);
  hw_json_key_string(json, "kind", hw_component_kind_names[row->kind]);
  hw_json_key_int(json, "layer", row->layer);
  hw_json_key(json, "position");
  if (position >= 0)
    hw_json_int(json, position);
  else
    hw_json_null(json);
  if (row->kind == HW_COMPONENT_HEAD) hw_json_key_int(json, "head", row->index);
  if (row->kind == HW_COMPONENT_NEURON) hw_json_key_int(json, "neuron", row->index);
  hw_json_key_string(json, "convention", hw_convention_names[row->convention]);
  write_token_list(json, view, "promotes", row->promotes, row->promote_scores, row->k);
  write_token_list(json, view, "suppresses", row->suppresses, row->suppress_scores, row->k);
  hw_json_end_object(json);
}

static bool has_neuron(const hw_target_trace *trace, const hw_projection *neuron) {
  for (size_t i = 0; i < trace->n_neurons; i++)
    if (trace->neurons[i].layer == neuron->layer && trace->neurons[i].neuron == neuron->index &&
        hw_graph_ffn_node(&trace->graph, neuron->layer, trace->neurons[i].position))
      return true;
  return false;
}

static void write_target(hw_json *json, const hw_trace_view *view, size_t t) {
  const hw_target_trace *trace = &view->result->flow.traces[t];
  hw_json_begin_object(json);
  hw_json_key_int(json, "position", view->input->targets[t]);
  write_prediction(json, view, &view->result->predictions[t]);
  hw_json_key(json, "token_flow");
  hw_json_begin_array(json);
  for (size_t i = 0; i < view->input->n_tokens; i++) hw_json_double(json, trace->graph.token_flow[i]);
  hw_json_end_array(json);
  hw_json_key(json, "edges");
  hw_json_begin_array(json);
  for (size_t e = 0; e < trace->graph.n_edges;) e = write_edge(json, &trace->graph, e);
  hw_json_end_array(json);
  write_heads(json, &trace->graph);
  write_neurons(json, trace);
  hw_json_key(json, "projections");
  hw_json_begin_array(json);
  for (size_t i = 0; i < trace->n_projections; i++)
    if (!trace->projections[i].outside) write_projection(json, view, &trace->projections[i], trace->projections[i].position);
  for (size_t i = 0; i < view->n_neurons; i++)
    if (has_neuron(trace, &view->neurons[i])) write_projection(json, view, &view->neurons[i], -1);
  hw_json_end_array(json);
  hw_json_end_object(json);
}

static void write_layers(hw_json *json, const char *key, const double *values, size_t n_layers, size_t n_tokens) {
  hw_json_key(json, key);
  hw_json_begin_array(json);
  for (size_t l = 0; l < n_layers; l++) {
    hw_json_begin_array(json);
    for (size_t i = 0; i < n_tokens; i++) hw_json_double(json, values[l * n_tokens + i]);
    hw_json_end_array(json);
  }
  hw_json_end_array(json);
}

static void write_raw(hw_json *json, const hw_raw_importances *raw) {
  hw_json_key(json, "raw");
  hw_json_begin_object(json);
  hw_json_key(json, "attention");
  hw_json_begin_array(json);
  const double *value = raw->attention;
  for (size_t l = 0; l < raw->n_layers; l++) {
    hw_json_begin_array(json);
    for (size_t i = 0; i < raw->n_tokens; i++) {
      hw_json_begin_array(json);
      for (size_t j = 0; j < raw->n_tokens; j++) {
        hw_json_begin_array(json);
        for (size_t h = 0; h < raw->n_heads; h++) hw_json_double(json, *value++);
        hw_json_end_array(json);
      }
      hw_json_end_array(json);
    }
    hw_json_end_array(json);
  }
  hw_json_end_array(json);
  write_layers(json, "attention_residual", raw->attention_residual, raw->n_layers, raw->n_tokens);
  write_layers(json, "ffn", raw->ffn, raw->n_layers, raw->n_tokens);
  if (raw->ffn_residual) {
    write_layers(json, "ffn_residual", raw->ffn_residual, raw->n_layers, raw->n_tokens);
  } else {
    hw_json_key(json, "ffn_residual");
    hw_json_null(json);
  }
  hw_json_end_object(json);
}

void hw_trace_put_json(const hw_trace_view *view, hw_buffer *out) {
  hw_json json;
  hw_json_init(&json, out);
  hw_json_begin_object(&json);
  hw_json_key_string(&json, "headwater", HW_VERSION);
  write_model(&json, view->model);
  write_settings(&json, view);
  write_tokens(&json, view);
  hw_json_key(&json, "targets");
  hw_json_begin_array(&json);
  for (size_t t = 0; t < view->input->n_targets; t++) write_target(&json, view, t);
  hw_json_end_array(&json);
  if (view->relevance) hw_trace_put_answer(view, &json);
  if (view->flow->raw) write_raw(&json, &view->result->flow.raw);
  hw_json_end_object(&json);
  hw_buffer_append_byte(out, '\n');
}
