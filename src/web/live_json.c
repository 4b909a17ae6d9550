/* SPDX-License-Identifier: Apache-2.0 */
#include "web/live_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "graph/part_columns.h"

static void key_null(hw_json *json, const char *key) {
  hw_json_key(json, key);
  hw_json_null(json);
}

static void begin_list(hw_json *json, const char *key) {
  hw_json_key(json, key);
  hw_json_begin_array(json);
}

static void put_option(hw_json *json, const char *option, const char *value) {
  hw_json_string(json, option);
  hw_json_string(json, value);
}

void hw_live_put_words(hw_json *json, const hw_live_model_words *words) {
  begin_list(json, "words");
  put_option(json, "--model", words->folder);
  if (words->architecture) put_option(json, "--architecture", words->architecture);
  if (words->precision == HW_PRECISION_BF16) put_option(json, "--precision", "bf16");
  if (words->bos != HW_BOS_AUTO) put_option(json, "--bos", words->bos == HW_BOS_YES ? "yes" : "no");
  hw_json_end_array(json);
}

void hw_live_put_piece(hw_json *json, const hw_tokenizer *tokenizer, int32_t id) {
  const char *bytes;
  size_t length;
  char number[16];
  if (tokenizer && hw_tokenizer_piece(tokenizer, id, &bytes, &length)) {
    hw_json_bytes(json, bytes, length);
  } else {
    (void)snprintf(number, sizeof number, "#%d", (int)id);
    hw_json_string(json, number);
  }
}

/* ---- ids whose texts are told at the end ---- */

static int by_id(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

/* "tokens": {id: text} of ids in a buffer of int32_t. */
static void put_texts(hw_json *json, const hw_tokenizer *tokenizer, hw_buffer *ids) {
  int32_t *list = (int32_t *)(void *)ids->data;
  size_t n = ids->length / sizeof *list;
  if (n) qsort(list, n, sizeof *list, by_id);
  hw_json_key(json, "tokens");
  hw_json_begin_object(json);
  for (size_t i = 0; i < n; i++) {
    char key[16];
    if (i && list[i] == list[i - 1]) continue;
    (void)snprintf(key, sizeof key, "%d", (int)list[i]);
    hw_json_key(json, key);
    hw_live_put_piece(json, tokenizer, list[i]);
  }
  hw_json_end_object(json);
  if (ids->failed) json->out->failed = true;
}

static void put_scores(hw_json *json, const int32_t *ids, const float *scores, size_t k, hw_buffer *named) {
  hw_json_begin_array(json);
  for (size_t i = 0; i < k; i++) {
    hw_json_begin_array(json);
    hw_json_int(json, ids[i]);
    hw_json_float(json, scores[i]);
    hw_json_end_array(json);
  }
  hw_json_end_array(json);
  hw_buffer_append(named, ids, k * sizeof *ids);
}

static void put_both(hw_json *json, const hw_projection *row, hw_buffer *named) {
  put_scores(json, row->promotes, row->promote_scores, row->k, named);
  put_scores(json, row->suppresses, row->suppress_scores, row->k, named);
}

/* ---- answers to questions ---- */

void hw_live_put_lists(const hw_tokenizer *tokenizer, const hw_projection *rows, size_t n, hw_buffer *out) {
  hw_json json;
  hw_buffer named;
  hw_buffer_init(&named);
  hw_json_init(&json, out);
  hw_json_begin_object(&json);
  begin_list(&json, "lists");
  for (size_t i = 0; i < n; i++) {
    bool indexed = rows[i].kind == HW_COMPONENT_HEAD || rows[i].kind == HW_COMPONENT_NEURON;
    hw_json_begin_array(&json);
    hw_json_string(&json, hw_component_kind_names[rows[i].kind]);
    hw_json_string(&json, hw_convention_names[rows[i].convention]);
    hw_json_int(&json, rows[i].layer);
    hw_json_int(&json, rows[i].position);
    hw_json_int(&json, indexed ? (int64_t)rows[i].index : -1);
    put_both(&json, &rows[i], &named);
    hw_json_end_array(&json);
  }
  hw_json_end_array(&json);
  put_texts(&json, tokenizer, &named);
  hw_json_end_object(&json);
  hw_buffer_fini(&named);
}

void hw_live_put_neurons(const hw_tokenizer *tokenizer, const hw_neuron_row *rows, const hw_projection *lists, size_t n, hw_buffer *out) {
  hw_json json;
  hw_buffer named;
  hw_buffer_init(&named);
  hw_json_init(&json, out);
  hw_json_begin_object(&json);
  begin_list(&json, "neurons");
  for (size_t i = 0; i < n; i++) {
    hw_json_begin_array(&json);
    hw_json_int(&json, rows[i].neuron);
    hw_json_int(&json, rows[i].importance);
    hw_json_float(&json, rows[i].activation);
    put_both(&json, &lists[i], &named);
    hw_json_end_array(&json);
  }
  hw_json_end_array(&json);
  put_texts(&json, tokenizer, &named);
  hw_json_end_object(&json);
  hw_buffer_fini(&named);
}

void hw_live_put_lens(const hw_tokenizer *tokenizer, const hw_lens_token *rows, size_t n, hw_buffer *out) {
  hw_json json;
  hw_buffer named;
  hw_buffer_init(&named);
  hw_json_init(&json, out);
  hw_json_begin_object(&json);
  begin_list(&json, "lens");
  for (size_t i = 0; i < n; i++) {
    hw_json_begin_array(&json);
    hw_json_int(&json, rows[i].id);
    hw_json_float(&json, rows[i].logit);
    hw_json_int(&json, rows[i].rank_before);
    hw_json_float(&json, rows[i].probability);
    hw_json_end_array(&json);
    hw_buffer_append(&named, &rows[i].id, sizeof rows[i].id);
  }
  hw_json_end_array(&json);
  put_texts(&json, tokenizer, &named);
  hw_json_end_object(&json);
  hw_buffer_fini(&named);
}

void hw_live_put_attention(size_t n_tokens, const float *weights, const double *contributions, hw_buffer *out) {
  const double unit = 1e4;
  size_t n = n_tokens * (n_tokens + 1) / 2;
  hw_json json;
  hw_json_init(&json, out);
  hw_json_begin_object(&json);
  hw_json_key_int(&json, "tokens", (int64_t)n_tokens);
  begin_list(&json, "weights");
  for (size_t i = 0; i < n; i++) hw_json_int(&json, llround((double)weights[i] * unit));
  hw_json_end_array(&json);
  begin_list(&json, "contributions");
  for (size_t i = 0; i < n; i++) hw_json_int(&json, llround(contributions[i] * unit));
  hw_json_end_array(&json);
  hw_json_end_object(&json);
}

/* ---- the graph ---- */

static void put_tokens(hw_json *json, const hw_live_view *view) {
  const hw_prompt_input *prompt = &view->trace->prompt;
  begin_list(json, "tokens");
  for (size_t i = 0; i < prompt->n_tokens; i++) hw_live_put_piece(json, view->tokenizer, prompt->ids[i]);
  hw_json_end_array(json);
  begin_list(json, "ids");
  for (size_t i = 0; i < prompt->n_tokens; i++) hw_json_int(json, prompt->ids[i]);
  hw_json_end_array(json);
  begin_list(json, "roles");
  for (size_t i = 0; i < prompt->n_tokens; i++) hw_json_null(json);
  hw_json_end_array(json);
}

static void put_prediction(hw_json *json, const hw_live_view *view) {
  const hw_prediction *p = &view->trace->result.predictions[view->t];
  hw_json_key(json, "prediction");
  hw_json_begin_object(json);
  hw_json_key_int(json, "id", p->ids[0]);
  hw_json_key(json, "token");
  hw_live_put_piece(json, view->tokenizer, p->ids[0]);
  hw_json_key(json, "logit");
  hw_json_float(json, p->logits[0]);
  hw_json_key(json, "probability");
  hw_json_float(json, p->probabilities[0]);
  begin_list(json, "top");
  for (uint32_t i = 0; i < p->n; i++) {
    hw_json_begin_array(json);
    hw_json_int(json, p->ids[i]);
    hw_live_put_piece(json, view->tokenizer, p->ids[i]);
    hw_json_float(json, p->logits[i]);
    hw_json_float(json, p->probabilities[i]);
    hw_json_end_array(json);
  }
  hw_json_end_array(json);
  hw_json_end_object(json);
}

static void put_parts(hw_json *json, const hw_target_trace *trace) {
  hw_json_key(json, "parts");
  hw_json_begin_object(json);
  for (size_t c = 0; c < HW_N_PART_COLUMNS; c++) {
    begin_list(json, hw_part_columns[c].name);
    for (size_t i = 0; i < trace->n_parts; i++) hw_json_int(json, hw_part_columns[c].value(&trace->parts[i]));
    hw_json_end_array(json);
  }
  hw_json_end_object(json);
}

static void put_node(hw_json *json, const hw_neuron_row *rows, size_t n) {
  hw_json_begin_array(json);
  for (size_t i = 0; i < n; i++) {
    hw_json_begin_array(json);
    hw_json_int(json, rows[i].neuron);
    hw_json_int(json, rows[i].importance);
    hw_json_float(json, rows[i].activation);
    hw_json_end_array(json);
  }
  hw_json_end_array(json);
}

static void put_neuron_nodes(hw_json *json, const hw_target_trace *trace) {
  const hw_neuron_row *rows = trace->neurons;
  begin_list(json, "neurons");
  for (size_t i = 0; i < trace->n_neuron_nodes; rows += trace->neuron_nodes[i++].n_rows) {
    const hw_neuron_node *node = &trace->neuron_nodes[i];
    hw_json_begin_array(json);
    hw_json_int(json, node->layer);
    hw_json_int(json, node->position);
    put_node(json, rows, node->n_rows);
    hw_json_end_array(json);
  }
  hw_json_end_array(json);
}

/* A key "LAYER.INDEX". */
static void key_pair(hw_json *json, uint32_t layer, uint32_t index) {
  char key[24];
  (void)snprintf(key, sizeof key, "%" PRIu32 ".%" PRIu32, layer, index);
  hw_json_key(json, key);
}

void hw_live_put_nodes(const hw_live_view *view, hw_buffer *out) {
  const hw_target_trace *trace = &view->trace->result.flow.traces[view->t];
  const hw_neuron_row *rows = trace->neurons;
  hw_json json;
  hw_buffer named;
  hw_buffer_init(&named);
  hw_json_init(&json, out);
  hw_json_begin_object(&json);
  hw_json_key(&json, "nodes");
  hw_json_begin_object(&json);
  for (size_t i = 0; i < trace->n_neuron_nodes; rows += trace->neuron_nodes[i++].n_rows) {
    key_pair(&json, trace->neuron_nodes[i].layer, trace->neuron_nodes[i].position);
    put_node(&json, rows, trace->neuron_nodes[i].n_rows);
  }
  hw_json_end_object(&json);
  hw_json_key(&json, "lists");
  hw_json_begin_object(&json);
  for (size_t i = 0; i < view->trace->n_neurons; i++) {
    key_pair(&json, view->trace->neurons[i].layer, view->trace->neurons[i].index);
    hw_json_begin_array(&json);
    put_both(&json, &view->trace->neurons[i], &named);
    hw_json_end_array(&json);
  }
  hw_json_end_object(&json);
  put_texts(&json, view->tokenizer, &named);
  hw_json_end_object(&json);
  hw_buffer_fini(&named);
}

void hw_live_put_graph(const hw_live_view *view, hw_buffer *out) {
  const hw_target_trace *trace = &view->trace->result.flow.traces[view->t];
  const hw_flow_settings *flow = &view->trace->worker.flow;
  hw_json json;
  hw_json_init(&json, out);
  hw_json_begin_object(&json);
  hw_json_key(&json, "live");
  hw_json_bool(&json, true);
  hw_json_key(&json, "trace");
  hw_json_string(&json, view->id);
  if (view->prompt >= 0) hw_json_key_int(&json, "prompt", view->prompt);
  else key_null(&json, "prompt");
  hw_json_key_int(&json, "target", trace->frame.target);
  begin_list(&json, "targets");
  hw_json_int(&json, trace->frame.target);
  hw_json_end_array(&json);
  hw_json_key(&json, "text");
  hw_json_string(&json, view->text);
  static const char *const unknown[] = {"group", "group_name", "counterfactual_of", "counterfactual", "answer"};
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) key_null(&json, unknown[i]);
  hw_json_key(&json, "values");
  hw_json_begin_object(&json);
  hw_json_end_object(&json);
  begin_list(&json, "lens");
  hw_json_end_array(&json);
  hw_json_key_int(&json, "layers", trace->frame.n_layers);
  hw_json_key(&json, "parallel");
  hw_json_bool(&json, trace->frame.parallel);
  hw_json_key_double(&json, "threshold", flow->threshold);
  hw_json_key_double(&json, "floor", flow->floor);
  hw_json_key_double(&json, "stored_floor", flow->floor);
  hw_json_key_int(&json, "stored_parts", (int64_t)trace->n_parts);
  begin_list(&json, "relevance");
  if (view->by_answer) hw_json_string(&json, "answer");
  if (view->by_contrast) hw_json_string(&json, "contrast");
  hw_json_end_array(&json);
  put_tokens(&json, view);
  put_prediction(&json, view);
  begin_list(&json, "tops");
  for (uint32_t l = 0; view->tops && l < trace->frame.n_layers; l++) hw_live_put_piece(&json, view->tokenizer, view->tops[l]);
  hw_json_end_array(&json);
  put_parts(&json, trace);
  put_neuron_nodes(&json, trace);
  hw_json_end_object(&json);
}
