/* SPDX-License-Identifier: Apache-2.0
 * What an answer depends on, in the JSON of `headwater trace`. */
#include "report/trace.h"

static void put_list(hw_json *json, const double *values, size_t n) {
  hw_json_begin_array(json);
  for (size_t i = 0; i < n; i++) hw_json_double(json, values[i]);
  hw_json_end_array(json);
}

static void put_vector(hw_json *json, const char *key, const double *values, size_t n) {
  hw_json_key(json, key);
  put_list(json, values, n);
}

static void put_matrix(hw_json *json, const char *key, const double *values, size_t rows, size_t n) {
  hw_json_key(json, key);
  hw_json_begin_array(json);
  for (size_t r = 0; r < rows; r++) put_list(json, values + r * n, n);
  hw_json_end_array(json);
}

static void put_direct(const hw_trace_view *view, hw_json *json) {
  const hw_direct_attribution *direct = &view->relevance->direct;
  size_t n_layers = (size_t)view->model->config.n_layers;
  hw_json_key(json, "direct");
  hw_json_begin_object(json);
  put_matrix(json, "heads", direct->heads, n_layers, (size_t)view->model->config.n_heads);
  put_vector(json, "ffn", direct->ffn, n_layers);
  hw_json_key_double(json, "embedding", direct->embedding);
  put_vector(json, "attention_bias", direct->attention_bias, n_layers);
  hw_json_key_double(json, "norm_bias", direct->norm_bias);
  hw_json_end_object(json);
}

/* The logits of a part, and its share of the whole. */
static void put_part(hw_json *json, const hw_relevance_part *part, double whole, bool contrast) {
  static const char *const kinds[] = {[HW_RELEVANCE_FFN] = "ffn", [HW_RELEVANCE_ATTENTION] = "attention", [HW_RELEVANCE_QUERY] = "query"};
  hw_json_begin_object(json);
  hw_json_key_string(json, "kind", kinds[part->kind]);
  hw_json_key_int(json, "layer", part->layer);
  if (part->kind != HW_RELEVANCE_FFN) hw_json_key_int(json, "head", part->head);
  hw_json_key_int(json, "source", part->source);
  hw_json_key_int(json, "target", part->target);
  hw_json_key_double(json, "r", (double)part->r / 1e6);
  hw_json_key_double(json, "share", (double)part->r / 1e6 / whole);
  if (contrast && part->kind == HW_RELEVANCE_ATTENTION) {
    hw_json_key_double(json, "value", (double)part->value / 1e6);
    hw_json_key_double(json, "key", (double)part->key / 1e6);
  }
  hw_json_end_object(json);
}

static void put_neurons(hw_json *json, const hw_relevance *r) {
  hw_json_key(json, "neurons");
  hw_json_begin_array(json);
  for (size_t i = 0; i < r->n_neurons; i++) {
    hw_json_begin_object(json);
    hw_json_key_int(json, "layer", r->neurons[i].layer);
    hw_json_key_int(json, "position", r->neurons[i].position);
    hw_json_key_int(json, "neuron", r->neurons[i].neuron);
    hw_json_key_double(json, "r", r->neurons[i].r);
    hw_json_end_object(json);
  }
  hw_json_end_array(json);
}

/* One of the two, or null where it was not asked for or has no numbers. */
static void put_relevance(const hw_trace_view *view, hw_json *json, const char *key, const hw_relevance *r, bool asked, bool contrast) {
  size_t n_layers = (size_t)view->model->config.n_layers, n_heads = (size_t)view->model->config.n_heads, n_tokens = view->input->n_tokens;
  hw_json_key(json, key);
  if (!asked || r->reason) {
    hw_json_null(json);
    return;
  }
  hw_json_begin_object(json);
  put_matrix(json, "heads", r->heads, n_layers, n_heads);
  if (contrast) {
    put_matrix(json, "value", r->value, n_layers, n_heads);
    put_matrix(json, "key", r->key, n_layers, n_heads);
    put_matrix(json, "query", r->query, n_layers, n_heads);
  }
  put_vector(json, "ffn", r->ffn, n_layers);
  put_vector(json, "tokens", r->states, n_tokens);
  if (!contrast) hw_json_key_double(json, "biases", r->biases);
  put_matrix(json, "states", r->states, n_layers, n_tokens);
  hw_json_key(json, "parts");
  hw_json_begin_array(json);
  for (size_t i = 0; i < r->n_parts; i++) put_part(json, &r->parts[i], r->m - r->m_reference, contrast);
  hw_json_end_array(json);
  put_neurons(json, r);
  hw_json_end_object(json);
}

/* One of the two tokens that are compared, or null for the mean of all tokens. */
static void put_asked(const hw_trace_view *view, hw_json *json, const char *key, int32_t id, size_t n_tokens) {
  hw_json_key(json, key);
  if (id < 0) {
    hw_json_null(json);
    return;
  }
  hw_json_begin_object(json);
  hw_trace_key_token(json, view, id);
  hw_json_key(json, "n_tokens"); /* of the text whose first one it is; null: an id was given, or the predicted token */
  if (n_tokens) hw_json_int(json, (int64_t)n_tokens);
  else hw_json_null(json);
  hw_json_end_object(json);
}

static void put_relevances(const hw_trace_view *view, hw_json *json) {
  const hw_relevance_settings *settings = view->relevance_settings;
  const hw_relevance *answer = &view->relevance->by_answer, *contrast = &view->relevance->by_contrast;
  hw_json_key(json, "relevance");
  hw_json_begin_object(json);
  put_asked(view, json, "answer_token", view->relevance->answer, view->question.n_answer);
  put_asked(view, json, "foil_token", view->relevance->foil, view->question.n_foil);
  hw_json_key_double(json, "m", settings->contrast ? contrast->m : answer->m);
  hw_json_key(json, "m_reference");
  if (settings->contrast && view->relevance->reference != HW_NO_REFERENCE)
    hw_json_double(json, contrast->m_reference);
  else
    hw_json_null(json);
  hw_json_key_double(json, "floor", settings->floor);
  hw_json_key_string(json, "reason", settings->contrast && contrast->reason ? contrast->reason : settings->answer ? answer->reason : NULL);
  put_direct(view, json);
  put_relevance(view, json, "answer", answer, settings->answer, false);
  put_relevance(view, json, "contrast", contrast, settings->contrast, true);
  hw_json_end_object(json);
}

static void put_certificate(hw_json *json, const hw_named_certificate *c) {
  hw_json_begin_object(json);
  hw_json_key_string(json, "graph", c->graph);
  hw_json_key_double(json, "threshold", c->threshold);
  hw_json_key_string(json, "unit", hw_ablation_unit_names[c->unit]);
  hw_json_key_string(json, "baseline", hw_baseline_names[c->baseline]);
  hw_json_key_int(json, "n_attention", (int64_t)c->found.n_attention);
  hw_json_key_int(json, "n_ffn", (int64_t)c->found.n_ffn);
  hw_json_key_double(json, "m", c->found.m);
  hw_json_key_double(json, "none", c->found.none);
  hw_json_key_double(json, "kept", c->found.kept.m);
  hw_json_key_double(json, "removed", c->found.removed.m);
  hw_json_key_double(json, "kept_kl", c->found.kept.kl);
  hw_json_key_double(json, "removed_kl", c->found.removed.kl);
  hw_json_key_int(json, "kept_id", c->found.kept.predicted);
  hw_json_key_int(json, "removed_id", c->found.removed.predicted);
  hw_json_key_int(json, "kept_rank", c->found.kept.answer_rank);
  hw_json_key_int(json, "removed_rank", c->found.removed.answer_rank);
  hw_json_end_object(json);
}

void hw_trace_put_answer(const hw_trace_view *view, hw_json *json) {
  put_relevances(view, json);
  if (view->certificates) {
    hw_json_key(json, "certificates");
    hw_json_begin_array(json);
    for (size_t i = 0; i < view->n_certificates; i++) put_certificate(json, &view->certificates[i]);
    hw_json_end_array(json);
  }
  if (!view->knockouts) return;
  hw_json_key(json, "knockouts");
  hw_json_begin_array(json);
  for (size_t i = 0; i < view->n_knockouts; i++) {
    hw_json_begin_object(json);
    hw_json_key_string(json, "baseline", hw_baseline_names[view->knockouts[i].baseline]);
    put_matrix(json, "heads", view->knockouts[i].heads, (size_t)view->model->config.n_layers, (size_t)view->model->config.n_heads);
    put_vector(json, "ffn", view->knockouts[i].ffn, (size_t)view->model->config.n_layers);
    hw_json_end_object(json);
  }
  hw_json_end_array(json);
}
