/* SPDX-License-Identifier: Apache-2.0
 * hw_encode_chunk: records to compressed columns and sums. Knows no database, runs on any thread. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/number.h"
#include "codec/codec.h"
#include "graph/components.h"
#include "sqlite/connection.h"
#include "store/encoded.h"
#include "store/relevance.h"
#include "headwater/store.h"

typedef struct observations { /* of one prompt */
  hw_observation *rows;
  size_t n, capacity;
} observations;

enum { HEADS, NEURONS, ITEMS, ROLES, SOURCES }; /* the first of hw_chunk_sums.tables */

typedef struct encoder {
  const hw_run_info *info;
  hw_encoded_chunk *out;
  hw_codec codec;
  int64_t all_groups; /* HW_ALL_GROUPS or HW_ALL_COUNTERFACTUALS */
  observations lists[HW_N_OBSERVED_TABLES];
  hw_posting *postings; /* of the whole chunk */
  size_t n_postings, postings_capacity;
  size_t n_values;
} encoder;

/* ---- slices ---- */

static hw_slice slice_from(const hw_buffer *bytes, size_t start) {
  return (hw_slice){.at = start, .length = bytes->length - start, .present = true};
}

static hw_slice copy(encoder *e, const void *bytes, size_t length) {
  if (!bytes) return (hw_slice){0};
  size_t start = e->out->bytes.length;
  hw_buffer_append(&e->out->bytes, bytes, length);
  return slice_from(&e->out->bytes, start);
}

/* ---- one graph ---- */

/* threshold: importances above it make a component active. */
static bool observe(observations *list, const hw_component_measures *measures, int64_t graph_id, double threshold, hw_error *err) {
  if (!hw_list_reserve(list->rows, list->n, measures->n, list->capacity, NULL, err)) return false;
  for (size_t i = 0; i < measures->n; i++) {
    const hw_component_measure *m = &measures->rows[i];
    list->rows[list->n++] = (hw_observation){.key = m->key, .graph_id = graph_id, .importance = m->importance, .flow = m->flow,
                                             .on = m->importance / HW_MICRO > threshold};
  }
  return true;
}

static bool observe_graph(encoder *e, const hw_prompt_record *prompt, const hw_graph_record *record, const double *node_flows,
                          int64_t graph_id, hw_error *err) {
  enum { ALWAYS = -1 };
  const hw_graph *graph = record->graph;
  hw_arena *arena = &e->codec.scratch;
  hw_component_measures measures;
  return hw_measure_heads(graph->heads, graph->n_heads, arena, &measures, err) && observe(&e->lists[HEADS], &measures, graph_id, ALWAYS, err) &&
         hw_measure_neurons(record->neuron_nodes, node_flows, record->n_neuron_nodes, record->neurons, arena, &measures, err) &&
         observe(&e->lists[NEURONS], &measures, graph_id, e->info->neuron_threshold, err) &&
         hw_measure_items(graph, prompt->roles, arena, &measures, err) && observe(&e->lists[ITEMS], &measures, graph_id, ALWAYS, err) &&
         hw_measure_roles(&record->frame, graph, prompt->roles, e->info->n_roles, arena, &measures, err) &&
         observe(&e->lists[ROLES], &measures, graph_id, ALWAYS, err) &&
         hw_measure_sources(&record->frame, graph, e->info->n_heads, prompt->ids, arena, &measures, err) &&
         observe(&e->lists[SOURCES], &measures, graph_id, ALWAYS, err);
}

static bool encode_columns(encoder *e, const hw_graph_record *graph, const hw_blob_info *common, const double *flows,
                           hw_encoded_graph *out, hw_error *err) {
  hw_buffer *bytes = &e->out->bytes;
  hw_blob_info info = *common;
  size_t start = bytes->length;
  info.kind = 'E';
  if (!hw_encode_edges(&e->codec, &info, graph->parts, graph->n_parts, bytes, err)) return false;
  out->edges = slice_from(bytes, start);
  start = bytes->length;
  info.kind = 'H';
  if (!hw_encode_heads(&e->codec, &info, graph->graph->heads, graph->graph->n_heads, bytes, err)) return false;
  out->heads = slice_from(bytes, start);
  start = bytes->length;
  info.kind = 'N';
  if (!hw_encode_neurons(&e->codec, &info, graph->neuron_nodes, flows, graph->n_neuron_nodes, graph->neurons,
                         graph->n_neurons, bytes, err))
    return false;
  out->neurons = slice_from(bytes, start);
  start = bytes->length;
  info.kind = 'P';
  if (!hw_encode_projections(&e->codec, &info, graph->projections, graph->n_projections, bytes, err)) return false;
  out->projections = slice_from(bytes, start);
  return true;
}

static bool encode_graph(encoder *e, const hw_prompt_record *prompt, const hw_graph_record *graph, hw_encoded_graph *out,
                         hw_error *err) {
  hw_blob_info info = {.kind = 'E',
                       .prompt_id = prompt->prompt_id,
                       .frame = graph->frame,
                       .threshold = e->info->threshold,
                       .floor = e->info->floor};
  if (graph->frame.n_tokens != prompt->n_tokens)
    return hw_blob_fail(&info, err, "the graph has another number of tokens than the prompt");
  if (graph->frame.n_layers != e->info->n_layers) return hw_blob_fail(&info, err, "the graph has another number of layers than the model");
  for (size_t i = 0; i < graph->n_parts; i++)
    if (graph->parts[i].kind == HW_PART_ATTENTION && graph->parts[i].head >= e->info->n_heads)
      return hw_blob_fail(&info, err, "an edge has a head that the model has not");
  if (!isfinite(graph->predicted_logit) || !isfinite(graph->predicted_probability))
    return hw_blob_fail(&info, err, "a prediction that is not finite");
  int64_t graph_id = hw_graph_id(prompt->prompt_id, graph->frame.target);
  *out = (hw_encoded_graph){.graph_id = graph_id,
                            .predicted_id = graph->predicted_id,
                            .predicted_logit = hw_plain_double(graph->predicted_logit),
                            .predicted_probability = hw_plain_double(graph->predicted_probability),
                            .n_parts = (int64_t)graph->n_parts,
                            .n_edges = (int64_t)graph->graph->n_edges,
                            .n_heads = (int64_t)graph->graph->n_heads,
                            .n_ffn_nodes = (int64_t)graph->graph->n_ffn_nodes};
  for (size_t i = 0; i < graph->n_projections; i++) out->n_projections += !graph->projections[i].outside;
  double *flows = calloc(graph->n_neuron_nodes + 1, sizeof *flows); /* 0: the node is stored for other thresholds, outside of the graph */
  bool ok = flows || hw_fail_memory(err, "the nodes of a graph");
  for (size_t i = 0; ok && i < graph->n_neuron_nodes; i++) {
    const hw_ffn_node *node = hw_graph_ffn_node(graph->graph, graph->neuron_nodes[i].layer, graph->neuron_nodes[i].position);
    flows[i] = node ? node->flow : 0;
    out->n_neurons += flows[i] > 0 ? graph->neuron_nodes[i].n_rows : 0;
  }
  /* The columns first: they check what the observations rely on. */
  ok = ok && encode_columns(e, graph, &info, flows, out, err) && observe_graph(e, prompt, graph, flows, graph_id, err);
  free(flows);
  return ok;
}

/* ---- one prompt ---- */

static bool check_prompt(const encoder *e, const hw_prompt_record *prompt, hw_error *err) {
  const char *problem = NULL;
  if (prompt->prompt_id < 0 || prompt->prompt_id >= HW_MAX_PROMPT) problem = "its number is out of range";
  else if (prompt->group_id >= e->info->n_groups) problem = "its group is out of range";
  else if (prompt->n_tokens < 1 || prompt->n_tokens > HW_MAX_TOKENS) problem = "its number of tokens is out of range";
  for (size_t i = 0; i < prompt->n_tokens && !problem; i++) {
    if ((prompt->roles[i] & HW_ROLE_MASK) >= (int)e->info->n_roles) problem = "a role is out of range";
    if (prompt->ids[i] < 0) problem = "a token id is negative";
  }
  const hw_answer_record *answers[] = {&prompt->answer, &prompt->foil};
  for (int i = 0; i < 2 && !problem; i++)
    if (answers[i]->token_id >= 0 &&
        (!isfinite(answers[i]->logit) || !isfinite(answers[i]->probability) || (isnan(answers[i]->log_probability) != 0) != answers[i]->cut))
      problem = "a measure of its answer is not finite";
  return problem ? hw_fail(err, HW_ERROR_INPUT, "prompt %" PRId64 ": %s", prompt->prompt_id, problem) : true;
}

static bool encode_prompt(encoder *e, const hw_prompt_record *prompt, hw_encoded_prompt *out, hw_error *err) {
  hw_encoded_chunk *chunk = e->out;
  *out = (hw_encoded_prompt){.prompt_id = prompt->prompt_id,
                             .group_id = prompt->group_id,
                             .n_tokens = (int64_t)prompt->n_tokens,
                             .has_bos = prompt->has_bos,
                             .counterfactual_of = e->all_groups == HW_ALL_COUNTERFACTUALS ? prompt->counterfactual_of : -1,
                             .answer = prompt->answer,
                             .foil = prompt->foil,
                             .contrast = prompt->contrast,
                             .first_value = e->n_values,
                             .n_values = prompt->n_values,
                             .first_graph = chunk->n_graphs};
  out->text = copy(e, prompt->text, prompt->text_length);
  for (size_t i = 0; i < prompt->n_values; i++)
    chunk->values[e->n_values++] =
        (hw_encoded_value){.key = copy(e, prompt->values[i].key, strlen(prompt->values[i].key)),
                           .value = copy(e, prompt->values[i].value, prompt->values[i].value_length)};
  if (prompt->failure) {
    chunk->n_failed++;
    out->failure = copy(e, prompt->failure, strlen(prompt->failure));
    return true;
  }
  if (!check_prompt(e, prompt, err)) return false;
  size_t start = chunk->bytes.length;
  hw_encode_tokens(&chunk->bytes, prompt->ids, prompt->n_tokens);
  out->tokens = slice_from(&chunk->bytes, start);
  out->roles = copy(e, prompt->roles, prompt->n_tokens);
  if (prompt->answer.token_id >= 0 && prompt->lens.answer) {
    start = chunk->bytes.length;
    hw_encode_lens(&chunk->bytes, prompt->prompt_id, e->info->n_layers, &prompt->lens);
    out->lens = slice_from(&chunk->bytes, start);
  }
  if (!hw_chunk_sums_add_answer(&chunk->sums, prompt, err) || !hw_relevance_encode(&e->codec, prompt, e->info, chunk, out, err)) return false;
  for (size_t t = 0; t < HW_N_OBSERVED_TABLES; t++) e->lists[t].n = 0;
  for (size_t i = 0; i < prompt->n_graphs; i++)
    if (!encode_graph(e, prompt, &prompt->graphs[i], &chunk->graphs[chunk->n_graphs++], err)) return false;
  out->n_graphs = prompt->n_graphs;
  if (!hw_list_reserve(e->postings, e->n_postings, e->lists[ITEMS].n, e->postings_capacity, NULL, err)) return false;
  for (size_t i = 0; i < e->lists[ITEMS].n; i++) {
    const hw_observation *o = &e->lists[ITEMS].rows[i];
    e->postings[e->n_postings++] = (hw_posting){.item = o->key, .graph_id = o->graph_id, .importance = o->importance};
  }
  uint32_t n = (uint32_t)prompt->n_graphs;
  bool ok = n == 0 || hw_chunk_sums_count(&chunk->sums, prompt->group_id, n, err);
  for (size_t t = 0; ok && n > 0 && t < HW_N_OBSERVED_TABLES; t++)
    ok = hw_sum_table_add(&chunk->sums.tables[t], prompt->group_id, e->lists[t].rows, e->lists[t].n, n, err);
  return ok;
}

/* ---- the inverted index ---- */

static int compare_postings(const void *a, const void *b) {
  const hw_posting *x = a, *y = b;
  if (x->item != y->item) return x->item < y->item ? -1 : 1;
  return (x->graph_id > y->graph_id) - (x->graph_id < y->graph_id);
}

static bool encode_postings(encoder *e, hw_error *err) {
  hw_encoded_chunk *chunk = e->out;
  size_t n = e->n_postings, n_items = 0;
  if (n) qsort(e->postings, n, sizeof *e->postings, compare_postings);
  for (size_t i = 0; i < n; i++) n_items += !i || e->postings[i].item != e->postings[i - 1].item;
  chunk->item_graphs = calloc(n_items + 1, sizeof *chunk->item_graphs);
  hw_item_graph *list = calloc(n + 1, sizeof *list);
  if (!chunk->item_graphs || !list) {
    free(list);
    return hw_fail_memory(err, "the index of a chunk");
  }
  for (size_t first = 0, end; first < n; first = end) {
    for (end = first; end < n && e->postings[end].item == e->postings[first].item; end++)
      list[end - first] = (hw_item_graph){.graph_id = e->postings[end].graph_id, .importance = e->postings[end].importance};
    size_t start = chunk->bytes.length;
    hw_encode_item_graphs(&chunk->bytes, list, end - first);
    chunk->item_graphs[chunk->n_item_graphs++] = (hw_encoded_item){
        .item = e->postings[first].item, .n = (int64_t)(end - first), .graphs = slice_from(&chunk->bytes, start)};
  }
  free(list);
  return true;
}

/* ---- the chunk ---- */

static bool encode_chunk(encoder *e, const hw_chunk_record *chunk, hw_error *err) {
  hw_encoded_chunk *out = e->out;
  size_t n_values = 0, n_graphs = 0;
  e->all_groups = chunk->counterfactual ? HW_ALL_COUNTERFACTUALS : HW_ALL_GROUPS;
  for (size_t i = 0; i < chunk->n_prompts; i++) {
    n_values += chunk->prompts[i].n_values;
    n_graphs += chunk->prompts[i].failure ? 0 : chunk->prompts[i].n_graphs;
  }
  out->prompts = calloc(chunk->n_prompts + 1, sizeof *out->prompts);
  out->values = calloc(n_values + 1, sizeof *out->values);
  out->graphs = calloc(n_graphs + 1, sizeof *out->graphs);
  if (!out->prompts || !out->values || !out->graphs) return hw_fail_memory(err, "the rows of a chunk");
  if (!hw_chunk_sums_init(&out->sums, e->info, e->all_groups, err)) return false;
  if (!hw_codec_init(&e->codec, err)) return false;
  for (size_t i = 0; i < chunk->n_prompts; i++)
    if (!encode_prompt(e, &chunk->prompts[i], &out->prompts[i], err)) return false;
  return encode_postings(e, err) && hw_buffer_check(&out->bytes, err);
}

bool hw_encode_chunk(const hw_chunk_record *chunk, const hw_run_info *info, hw_encoded_chunk **encoded, hw_error *err) {
  *encoded = NULL;
  hw_encoded_chunk *out = calloc(1, sizeof *out);
  if (!out) return hw_fail_memory(err, "a chunk");
  out->chunk_index = chunk->chunk_index;
  out->first_prompt = chunk->first_prompt;
  out->n_prompts = (int64_t)chunk->n_prompts;
  out->n_tokens = (int64_t)chunk->n_tokens;
  hw_buffer_init(&out->bytes);
  encoder e = {.info = info, .out = out};
  bool ok = encode_chunk(&e, chunk, err);
  hw_codec_fini(&e.codec);
  for (size_t t = 0; t < HW_N_OBSERVED_TABLES; t++) free(e.lists[t].rows);
  free(e.postings);
  if (ok) *encoded = out;
  else hw_encoded_chunk_free(out);
  return ok;
}

void hw_encoded_chunk_free(hw_encoded_chunk *encoded) {
  if (!encoded) return;
  hw_buffer_fini(&encoded->bytes);
  free(encoded->prompts);
  free(encoded->values);
  free(encoded->graphs);
  free(encoded->item_graphs);
  hw_chunk_sums_fini(&encoded->sums);
  free(encoded);
}
