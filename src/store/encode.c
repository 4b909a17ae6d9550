/* SPDX-License-Identifier: Apache-2.0
 * hw_encode_chunk: records to compressed columns and sums. Knows no database, runs on any thread. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "codec/codec.h"
#include "sqlite/connection.h"
#include "store/encoded.h"
#include "store/observe.h"
#include "headwater/store.h"

typedef struct observations { /* of one prompt */
  hw_observation *rows;
  size_t n, capacity;
} observations;

typedef struct encoder {
  const hw_run_info *info;
  hw_encoded_chunk *out;
  hw_codec codec;
  int64_t all_groups; /* HW_ALL_GROUPS or HW_ALL_COUNTERFACTUALS */
  observations heads, neurons, items;
  hw_observer observer;
  hw_posting *postings; /* of the whole chunk */
  size_t n_postings, postings_capacity;
  size_t n_values;
} encoder;

static bool more_room(void **rows, size_t *capacity, size_t n, size_t size, hw_error *err) {
  if (n < *capacity) return true;
  size_t wanted = *capacity ? 2 * *capacity : 256, bytes;
  void *grown = hw_size_product(wanted, size, &bytes) ? realloc(*rows, bytes) : NULL;
  if (!grown) return hw_fail_memory(err, "the rows of a chunk");
  *rows = grown;
  *capacity = wanted;
  return true;
}

static bool observe(observations *list, hw_observation row, hw_error *err) {
  if (!more_room((void **)&list->rows, &list->capacity, list->n, sizeof *list->rows, err)) return false;
  list->rows[list->n++] = row;
  return true;
}

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

/* ---- observations of one graph ---- */

static bool observe_heads(encoder *e, const hw_graph_record *graph, int64_t graph_id, hw_error *err) {
  for (size_t i = 0; i < graph->graph->n_heads; i++) {
    const hw_head_row *row = &graph->graph->heads[i];
    hw_observation o = {.key = hw_component_key(row->layer, row->head),
                        .graph_id = graph_id,
                        .importance = row->importance,
                        .flow = hw_micro(row->flow),
                        .on = true};
    if (!observe(&e->heads, o, err)) return false;
  }
  return true;
}

typedef struct neuron_share {
  uint64_t key;
  uint32_t importance;
  uint32_t order; /* of the rows: flows are added in one order */
  double flow;
} neuron_share;

static int compare_shares(const void *a, const void *b) {
  const neuron_share *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

/* A neuron of several nodes is one observation: its largest share, its flows together. */
static bool observe_neurons(encoder *e, const hw_graph_record *graph, const double *node_flows, const bool *reached,
                            int64_t graph_id, hw_error *err) {
  hw_arena *arena = &e->codec.scratch;
  neuron_share *shares = hw_arena_new(arena, neuron_share, graph->n_neurons, err);
  if (!shares) return false;
  size_t row = 0, n = 0;
  for (size_t node = 0; node < graph->n_neuron_nodes; node++)
    for (uint32_t k = 0; k < graph->neuron_nodes[node].n_rows; k++, row++) {
      const hw_neuron_row *neuron = &graph->neurons[row];
      if (!reached[node]) continue;
      shares[n++] =
          (neuron_share){.key = hw_component_key(neuron->layer, neuron->neuron),
                         .importance = neuron->importance,
                         .order = (uint32_t)row,
                         .flow = hw_neuron_flow(node_flows[node], neuron->importance, graph->neuron_nodes[node].total)};
    }
  if (n) qsort(shares, n, sizeof *shares, compare_shares);
  for (size_t first = 0, end; first < n; first = end) {
    hw_observation o = {.key = shares[first].key, .graph_id = graph_id};
    double flow = 0;
    for (end = first; end < n && shares[end].key == shares[first].key; end++) {
      if (shares[end].importance > o.importance) o.importance = shares[end].importance;
      flow += shares[end].flow;
    }
    o.flow = hw_micro(flow);
    o.on = o.importance / HW_MICRO > e->info->neuron_threshold;
    if (!observe(&e->neurons, o, err)) return false;
  }
  return true;
}

typedef struct item_edge {
  uint64_t item;
  uint32_t importance, order;
  double flow;
} item_edge;

static int compare_items(const void *a, const void *b) {
  const item_edge *x = a, *y = b;
  if (x->item != y->item) return x->item < y->item ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

static uint32_t item_of(const hw_part *part, const uint8_t *roles) {
  bool ffn = part->kind == HW_PART_FFN;
  return hw_item(ffn ? HW_ITEM_FFN : HW_ITEM_ATTENTION, part->layer, ffn ? 0 : part->head, roles[part->source] & HW_ROLE_MASK,
                 roles[part->target] & HW_ROLE_MASK);
}

static bool observe_items(encoder *e, const hw_graph_record *graph, const uint8_t *roles, int64_t graph_id, hw_error *err) {
  item_edge *edges = hw_arena_new(&e->codec.scratch, item_edge, graph->graph->n_edges, err);
  if (!edges) return false;
  size_t n = 0;
  for (size_t i = 0; i < graph->graph->n_edges; i++) {
    const hw_edge *edge = &graph->graph->edges[i];
    if (edge->part.kind != HW_PART_ATTENTION && edge->part.kind != HW_PART_FFN) continue;
    edges[n] = (item_edge){
        .item = item_of(&edge->part, roles), .importance = edge->part.importance, .order = (uint32_t)n, .flow = edge->flow};
    n++;
  }
  if (n) qsort(edges, n, sizeof *edges, compare_items);
  for (size_t first = 0, end; first < n; first = end) {
    hw_observation o = {.key = edges[first].item, .graph_id = graph_id, .on = true};
    double flow = 0;
    for (end = first; end < n && edges[end].item == edges[first].item; end++) {
      if (edges[end].importance > o.importance) o.importance = edges[end].importance;
      flow += edges[end].flow;
    }
    o.flow = hw_micro(flow);
    if (!observe(&e->items, o, err) ||
        !more_room((void **)&e->postings, &e->postings_capacity, e->n_postings, sizeof *e->postings, err))
      return false;
    e->postings[e->n_postings++] = (hw_posting){.item = o.key, .graph_id = graph_id, .importance = o.importance};
  }
  return true;
}

/* ---- one graph ---- */

/* Flow of each FFN node. A node that the walk reaches at the floor only has none, and its neurons are no part of the graph:
 * reached[i] is false. */
static void find_node_flows(const hw_graph_record *graph, double *flows, bool *reached) {
  for (size_t i = 0; i < graph->n_neuron_nodes; i++) {
    const hw_ffn_node *node = hw_graph_ffn_node(graph->graph, graph->neuron_nodes[i].layer, graph->neuron_nodes[i].position);
    reached[i] = node != NULL;
    flows[i] = node ? node->flow : 0;
  }
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
  double *flows = calloc(graph->n_neuron_nodes + 1, sizeof *flows);
  bool *reached = calloc(graph->n_neuron_nodes + 1, sizeof *reached);
  bool ok = flows && reached ? true : hw_fail_memory(err, "the nodes of a graph");
  if (ok) find_node_flows(graph, flows, reached);
  for (size_t i = 0; ok && i < graph->n_neuron_nodes; i++) out->n_neurons += reached[i] ? graph->neuron_nodes[i].n_rows : 0;
  /* The columns first: they check what the observations rely on. */
  ok = ok && encode_columns(e, graph, &info, flows, out, err) && observe_heads(e, graph, graph_id, err) &&
       observe_neurons(e, graph, flows, reached, graph_id, err) && observe_items(e, graph, prompt->roles, graph_id, err) &&
       hw_observe_graph(&e->observer, prompt, graph, graph_id, &e->codec.scratch, err);
  free(reached);
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
        (!isfinite(answers[i]->logit) || !isfinite(answers[i]->probability) || isnan(answers[i]->log_probability)))
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
  if (prompt->answer.token_id >= 0 && prompt->answer_lens) {
    start = chunk->bytes.length;
    hw_encode_lens(&chunk->bytes, prompt->prompt_id, e->info->n_layers, prompt->answer_lens, prompt->foil_lens);
    out->lens = slice_from(&chunk->bytes, start);
  }
  if (!hw_observe_answer(chunk, e->info, prompt, err)) return false;
  e->heads.n = e->neurons.n = e->items.n = 0;
  hw_observer_reset(&e->observer);
  for (size_t i = 0; i < prompt->n_graphs; i++)
    if (!encode_graph(e, prompt, &prompt->graphs[i], &chunk->graphs[chunk->n_graphs++], err)) return false;
  out->n_graphs = prompt->n_graphs;
  uint32_t n = (uint32_t)prompt->n_graphs;
  return n == 0 || (hw_chunk_sums_count(&chunk->sums, prompt->group_id, n, err) &&
                    hw_sum_table_add(&chunk->sums.heads, prompt->group_id, e->heads.rows, e->heads.n, n, err) &&
                    hw_sum_table_add(&chunk->sums.neurons, prompt->group_id, e->neurons.rows, e->neurons.n, n, err) &&
                    hw_sum_table_add(&chunk->sums.items, prompt->group_id, e->items.rows, e->items.n, n, err) &&
                    hw_sum_table_add(&chunk->sums.roles, prompt->group_id, e->observer.roles, e->observer.n_roles, n, err) &&
                    hw_sum_table_add(&chunk->sums.sources, prompt->group_id, e->observer.sources, e->observer.n_sources, n, err));
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
  if (!hw_chunk_sums_init(&out->sums, e->info->n_groups, e->info->n_layers, e->all_groups, err)) return false;
  if (!hw_codec_init(&e->codec, err) || !hw_observer_init(&e->observer, e->info, err)) return false;
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
  hw_observer_fini(&e.observer);
  free(e.heads.rows);
  free(e.neurons.rows);
  free(e.items.rows);
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
