/* SPDX-License-Identifier: Apache-2.0
 * The rows of a chunk, read back as they were given to hw_encode_chunk. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "codec/codec.h"
#include "store/checked.h"
#include "headwater/store.h"
#include "store/relevance.h"

#define MOST_SCORE INT64_C(10000000000000) /* stored scores are integers of 1e-4, at most 1e9 */

typedef struct chunk_reader {
  hw_store *store;
  hw_arena *arena;
  hw_error *err;
  const hw_run_info *info;
} chunk_reader;

static bool damaged(chunk_reader *r, int64_t prompt_id, const char *what) {
  return hw_fail(r->err, HW_ERROR_INPUT, "%s: prompt %" PRId64 ": %s", r->store->path, prompt_id, what);
}

/* Puts the file and the prompt before the message of a decoder. */
static bool damaged_column(chunk_reader *r, int64_t prompt_id, const hw_error *why) {
  damaged(r, prompt_id, why->message);
  if (r->err) r->err->kind = why->kind;
  return false;
}

/* The kept statement of sql/reader/ about one prompt, bound. Reset it after its last row: an open statement keeps its read
 * transaction. */
static hw_statement *select_prompt(chunk_reader *r, const char *file, int64_t prompt_id) {
  hw_statement *s = hw_store_statement(r->store, file, r->err);
  if (s) hw_bind_integer(s, ":prompt", prompt_id);
  return s;
}

static bool read_values(chunk_reader *r, hw_prompt_record *record) {
  hw_buffer rows;
  hw_buffer_init(&rows);
  hw_statement *s = select_prompt(r, "reader/values.sql", record->prompt_id);
  bool more, ok = s != NULL;
  while (ok && (ok = hw_statement_step(s, &more, r->err)) && more) {
    hw_key_value row;
    size_t length;
    hw_checked_row stored = {s, "prompt_value", record->prompt_id, r->err};
    ok = hw_checked_copy(&stored, 0, r->arena, &row.key, &length) && hw_checked_copy(&stored, 1, r->arena, &row.value, &row.value_length);
    hw_buffer_append(&rows, &row, sizeof row);
  }
  if (s) hw_statement_reset(s);
  ok = ok && hw_buffer_check(&rows, r->err);
  hw_key_value *values = ok ? hw_arena_alloc(r->arena, rows.length, 1, r->err) : NULL;
  if (values && rows.length) memcpy(values, rows.data, rows.length);
  record->values = values;
  record->n_values = rows.length / sizeof *values;
  hw_buffer_fini(&rows);
  return values != NULL;
}

static bool take_answer(const hw_checked_row *row, int first, const hw_run_info *info, hw_answer_record *answer) {
  if (hw_column_is_null(row->s, first)) return true;
  uint32_t id;
  double logit, probability;
  bool ok = hw_checked_u32(row, first, 0, (int64_t)info->vocab_size - 1, &id) &&
            hw_checked_u32(row, first + 1, 1, HW_MAX_TOKENS, &answer->n_tokens) &&
            hw_checked_real(row, first + 2, -FLT_MAX, FLT_MAX, &logit) && hw_checked_real(row, first + 3, 0, 1.001, &probability) &&
            hw_checked_u32(row, first + 4, 1, INT32_MAX, &answer->rank);
  if (!ok) return false;
  answer->token_id = (int32_t)id;
  answer->logit = (float)logit;
  answer->probability = (float)probability;
  answer->cut = hw_column_is_null(row->s, first + 6);
  answer->log_probability = answer->cut ? (double)NAN : hw_column_real(row->s, first + 5); /* may be -infinity */
  answer->greedy = hw_column_integer(row->s, first + 6) != 0;
  return answer->cut || answer->log_probability == -(double)INFINITY || hw_checked_real(row, first + 5, -DBL_MAX, 1, &answer->log_probability);
}

static bool take_contrast(const hw_checked_row *row, int first, hw_answer_contrast *contrast) {
  double logit_diff;
  *contrast = (hw_answer_contrast){.logit_diff = NAN, .log_probability_diff = NAN};
  if (hw_column_is_null(row->s, first)) return true;
  if (!hw_checked_u32(row, first, 0, HW_MAX_TOKENS, &contrast->n_shared)) return false;
  if (hw_column_is_null(row->s, first + 1)) return true;
  if (!hw_checked_real(row, first + 1, -1e9, 1e9, &logit_diff)) return false;
  contrast->logit_diff = (float)logit_diff;
  return hw_column_is_null(row->s, first + 2) || hw_checked_real(row, first + 2, -1e9, 1e9, &contrast->log_probability_diff);
}

static bool read_answer(chunk_reader *r, hw_prompt_record *record) {
  record->answer.token_id = record->foil.token_id = -1;
  hw_statement *s = select_prompt(r, "reader/answer.sql", record->prompt_id);
  bool row;
  if (!s || !hw_statement_step(s, &row, r->err)) return false;
  hw_checked_row stored = {s, "answer", record->prompt_id, r->err};
  bool ok = !row || (take_answer(&stored, 0, r->info, &record->answer) && take_answer(&stored, 7, r->info, &record->foil) &&
                      take_contrast(&stored, 14, &record->contrast));
  hw_statement_reset(s);
  return ok;
}

static bool read_lens(chunk_reader *r, hw_prompt_record *record) {
  hw_statement *s = select_prompt(r, "reader/lens.sql", record->prompt_id);
  bool row;
  if (!s || !hw_statement_step(s, &row, r->err)) return false;
  int64_t prompt_id = record->prompt_id;
  size_t n = r->info->n_layers, length;
  hw_error why = {0};
  bool ok = true;
  if (row) {
    const void *bytes = hw_column_blob(s, 0, &length);
    ok = hw_decode_lens(bytes, length, r->arena, &prompt_id, &n, &record->lens, &why);
  }
  hw_statement_reset(s);
  if (!ok) return damaged_column(r, record->prompt_id, &why);
  if (prompt_id != record->prompt_id || n != r->info->n_layers)
    return damaged(r, record->prompt_id, "its logit lens is of another prompt or model");
  return true;
}

/* Projections with their lists, from the tokens that the column unpacks to. */
static bool unpack_projections(chunk_reader *r, hw_projections *stored, hw_graph_record *graph) {
  int32_t *ids = hw_arena_new(r->arena, int32_t, stored->n_tokens, r->err);
  float *scores = hw_arena_new(r->arena, float, stored->n_tokens, r->err);
  if (!ids || !scores) return false;
  for (size_t t = 0; t < stored->n_tokens; t++) {
    ids[t] = stored->tokens[t].token_id;
    scores[t] = (float)((double)stored->tokens[t].score / HW_SCORE_UNIT);
  }
  for (size_t t = 0; t < stored->n_tokens; t++) {
    const hw_projection_token *token = &stored->tokens[t];
    if (token->rank != 1) continue;
    hw_projection *row = &stored->projections[token->projection];
    if (token->suppresses) {
      row->suppresses = ids + t;
      row->suppress_scores = scores + t;
    } else {
      row->promotes = ids + t;
      row->promote_scores = scores + t;
    }
  }
  graph->projections = stored->projections;
  graph->n_projections = stored->n_projections;
  return true;
}

/* A column names its own prompt, target and sizes: they must agree with the row that holds it and with the run. */
static const char *misfit(const chunk_reader *r, const hw_blob_info *info, const hw_prompt_record *record, int64_t graph_id) {
  if (info->prompt_id != record->prompt_id || info->frame.target != hw_graph_id_target(graph_id))
    return "a graph's column is of another graph";
  if (info->frame.n_tokens != record->n_tokens) return "a graph's column has another number of tokens than the prompt";
  if (info->frame.n_layers != r->info->n_layers || info->frame.parallel != r->info->parallel_block)
    return "a graph's column is of another model";
  return NULL;
}

static const char *graph_misfit(const chunk_reader *r, const hw_graph_record *graph) {
  for (size_t i = 0; i < graph->n_parts; i++)
    if (graph->parts[i].head != HW_NO_HEAD && graph->parts[i].head >= r->info->n_heads)
      return "an edge has a head that the model has not";
  for (size_t i = 0; i < graph->n_neurons; i++)
    if (graph->neurons[i].neuron >= r->info->d_ffn) return "a neuron that the model has not";
  for (size_t i = 0; i < graph->n_projections; i++)
    if (graph->projections[i].kind == HW_COMPONENT_HEAD && graph->projections[i].index >= r->info->n_heads)
      return "a projection of a head that the model has not";
  return NULL;
}

static bool take_graph(chunk_reader *r, const hw_statement *s, const hw_prompt_record *record, hw_graph_record *graph) {
  hw_blob_info infos[3];
  hw_part *parts;
  hw_neurons neurons;
  hw_projections projections;
  size_t length;
  hw_error why = {0};
  const void *bytes = hw_column_blob(s, 0, &length);
  bool ok = hw_decode_edges(bytes, length, r->arena, &infos[0], &parts, &graph->n_parts, &why);
  bytes = hw_column_blob(s, 1, &length);
  ok = ok && hw_decode_neurons(bytes, length, HW_ROWS_STORED, r->arena, &infos[1], &neurons, &why);
  bytes = hw_column_blob(s, 2, &length);
  ok = ok && hw_decode_projections(bytes, length, HW_ROWS_STORED, r->arena, &infos[2], &projections, &why);
  if (!ok) return damaged_column(r, record->prompt_id, &why);
  hw_checked_row row = {s, "graph_info", hw_column_integer(s, 6), r->err};
  for (int i = 0; i < 3; i++) {
    const char *problem = misfit(r, &infos[i], record, row.row);
    if (problem) return damaged(r, record->prompt_id, problem);
  }
  graph->frame = infos[0].frame;
  graph->parts = parts;
  graph->neurons = neurons.rows;
  graph->n_neurons = neurons.n_rows;
  graph->neuron_nodes = neurons.nodes;
  graph->n_neuron_nodes = neurons.n_nodes;
  uint32_t predicted;
  double logit, probability;
  if (!hw_checked_u32(&row, 3, 0, INT32_MAX, &predicted) || !hw_checked_real(&row, 4, -FLT_MAX, FLT_MAX, &logit) ||
      !hw_checked_real(&row, 5, 0, 1.001, &probability) || !unpack_projections(r, &projections, graph))
    return false;
  graph->predicted_id = (int32_t)predicted;
  graph->predicted_logit = (float)logit;
  graph->predicted_probability = (float)probability;
  const char *problem = graph_misfit(r, graph);
  return !problem || damaged(r, record->prompt_id, problem);
}

static bool read_graphs(chunk_reader *r, hw_prompt_record *record) {
  size_t n = 0;
  hw_statement *s = select_prompt(r, "reader/graphs.sql", record->prompt_id);
  bool row, ok = s != NULL;
  while (ok && (ok = hw_statement_step(s, &row, r->err)) && row) n++;
  hw_graph_record *graphs = ok ? hw_arena_znew(r->arena, hw_graph_record, n, r->err) : NULL;
  ok = graphs != NULL;
  if (ok) hw_statement_rewind(s);
  for (size_t i = 0; ok && i < n; i++) ok = hw_statement_step(s, &row, r->err) && row && take_graph(r, s, record, &graphs[i]);
  if (s) hw_statement_reset(s);
  record->graphs = graphs;
  record->n_graphs = n;
  return ok;
}

static bool read_traced(chunk_reader *r, const hw_statement *s, hw_prompt_record *record) {
  int32_t *ids;
  size_t n_ids, n_roles, length;
  const char *roles;
  uint32_t n_tokens, has_bos;
  hw_checked_row row = {s, "prompt", record->prompt_id, r->err};
  record->counterfactual_of = -1;
  if (!hw_checked_u32(&row, 0, 0, (int64_t)r->info->n_groups - 1, &record->group_id) ||
      !hw_checked_u32(&row, 1, 1, HW_MAX_TOKENS, &n_tokens) || !hw_checked_u32(&row, 2, 0, 1, &has_bos) ||
      !hw_column_copy(s, 3, r->arena, &record->text, &record->text_length, r->err) ||
      !hw_checked_copy(&row, 5, r->arena, &roles, &n_roles) ||
      !(hw_column_is_null(s, 8) || hw_checked_integer(&row, 8, 0, HW_MAX_PROMPT - 1, &record->counterfactual_of)))
    return false;
  hw_error why = {0};
  const void *tokens = hw_column_blob(s, 4, &length);
  if (!hw_decode_tokens(tokens, length, r->arena, &ids, &n_ids, &why)) return damaged_column(r, record->prompt_id, &why);
  record->n_tokens = n_tokens;
  record->has_bos = has_bos != 0;
  if (n_ids != n_tokens || n_roles != n_tokens) return damaged(r, record->prompt_id, "tokens, roles and n_tokens differ in number");
  for (size_t i = 0; i < n_ids; i++)
    if (ids[i] < 0 || (uint32_t)ids[i] >= r->info->vocab_size) return damaged(r, record->prompt_id, "a token outside of the vocabulary");
  record->ids = ids;
  record->roles = (const uint8_t *)roles;
  return read_answer(r, record) && read_lens(r, record) && read_graphs(r, record) &&
         hw_relevance_read(r->store, r->info, record, r->arena, r->err);
}

static bool read_prompt(chunk_reader *r, hw_prompt_record *record) {
  hw_statement *s = select_prompt(r, "reader/prompt.sql", record->prompt_id);
  bool row;
  size_t length;
  if (!s || !hw_statement_step(s, &row, r->err) || !row) return false;
  record->answer.token_id = record->foil.token_id = -1;
  bool ok = hw_column_copy(s, 6, r->arena, &record->failure, &length, r->err) && read_values(r, record);
  if (ok && record->failure) ok = hw_column_copy(s, 7, r->arena, &record->text, &record->text_length, r->err);
  else if (ok && hw_column_is_null(s, 0)) ok = damaged(r, record->prompt_id, "neither traced nor failed");
  else ok = ok && read_traced(r, s, record);
  hw_statement_reset(s);
  return ok;
}

static bool read_frame(chunk_reader *r, int64_t chunk_index, bool *found, hw_chunk_record *chunk) {
  hw_statement *s = hw_store_statement(r->store, "reader/chunk.sql", r->err);
  if (!s) return false;
  hw_bind_integer(s, ":chunk", chunk_index);
  bool ok = hw_statement_step(s, found, r->err);
  hw_checked_row row = {s, "chunk", chunk_index, r->err};
  int64_t n_prompts = 0, n_tokens = 0;
  *chunk = (hw_chunk_record){.chunk_index = chunk_index};
  if (ok && *found)
    ok = hw_checked_integer(&row, 1, 0, hw_column_integer(s, 3), &n_prompts) &&
         hw_checked_integer(&row, 0, 0, HW_MAX_PROMPT - n_prompts, &chunk->first_prompt) &&
         hw_checked_integer(&row, 2, 0, n_prompts * HW_MAX_TOKENS, &n_tokens);
  chunk->n_prompts = (size_t)n_prompts;
  chunk->n_tokens = (size_t)n_tokens;
  hw_statement_reset(s);
  return ok;
}

bool hw_store_read_chunk(hw_store *store, const hw_run_info *info, int64_t chunk_index, hw_arena *arena, bool *found,
                         hw_chunk_record *chunk, hw_error *err) {
  chunk_reader r = {.store = store, .arena = arena, .err = err, .info = info};
  if (!read_frame(&r, chunk_index, found, chunk)) return false;
  if (!*found) return true;
  hw_prompt_record *prompts = hw_arena_znew(arena, hw_prompt_record, chunk->n_prompts, err);
  bool ok = prompts != NULL;
  for (size_t i = 0; ok && i < chunk->n_prompts; i++) {
    prompts[i].prompt_id = chunk->first_prompt + (int64_t)i;
    ok = read_prompt(&r, &prompts[i]);
  }
  chunk->prompts = prompts;
  for (size_t i = 0; ok && i < chunk->n_prompts; i++) /* all prompts of a chunk or none; unknown for failed ones */
    chunk->counterfactual |= !prompts[i].failure && prompts[i].counterfactual_of >= 0;
  return ok;
}

/* Is the run's option `project` "all"? */
static bool projects_all(const hw_run_info *info) {
  for (size_t i = 0; i < info->n_settings; i++)
    if (strcmp(info->setting_names[i], "project") == 0) return strcmp(info->setting_values[i], "all") == 0;
  return false;
}

bool hw_graph_record_replay(hw_graph_record *record, const hw_run_info *info, double threshold, hw_arena *arena, hw_error *err) {
  hw_graph *graph = hw_arena_new(arena, hw_graph, 1, err);
  hw_projection *rows = hw_arena_new(arena, hw_projection, record->n_projections, err);
  hw_arena scratch;
  hw_arena_init(&scratch);
  bool ok = graph && rows && hw_graph_replay(&record->frame, record->parts, record->n_parts, threshold, arena, &scratch, graph, err);
  hw_arena_fini(&scratch);
  if (!ok) return false;
  if (record->n_projections) memcpy(rows, record->projections, record->n_projections * sizeof *rows);
  hw_graph_mark_projections(graph, &record->frame, projects_all(info), rows, record->n_projections);
  record->graph = graph;
  record->projections = rows;
  return true;
}

/* Leaves out the neurons and projections that are outside of the graph. */
static bool keep_in_graph(hw_graph_record *record, hw_arena *arena, hw_error *err) {
  hw_neuron_node *nodes = hw_arena_new(arena, hw_neuron_node, record->n_neuron_nodes, err);
  hw_neuron_row *neurons = hw_arena_new(arena, hw_neuron_row, record->n_neurons, err);
  hw_projection *projections = hw_arena_new(arena, hw_projection, record->n_projections, err);
  size_t n_nodes = 0, n_neurons = 0, n_projections = 0, row = 0;
  if (!nodes || !neurons || !projections) return false;
  for (size_t i = 0; i < record->n_neuron_nodes; row += record->neuron_nodes[i++].n_rows) {
    const hw_neuron_node *node = &record->neuron_nodes[i];
    if (!hw_graph_ffn_node(record->graph, node->layer, node->position)) continue;
    nodes[n_nodes++] = *node;
    for (uint32_t k = 0; k < node->n_rows; k++) neurons[n_neurons++] = record->neurons[row + k];
  }
  for (size_t i = 0; i < record->n_projections; i++)
    if (!record->projections[i].outside) projections[n_projections++] = record->projections[i];
  record->neuron_nodes = nodes;
  record->n_neuron_nodes = n_nodes;
  record->neurons = neurons;
  record->n_neurons = n_neurons;
  record->projections = projections;
  record->n_projections = n_projections;
  return true;
}

static bool has_graphs(chunk_reader *r, int64_t prompt_id, bool *found) {
  hw_statement *s = select_prompt(r, "reader/graphs.sql", prompt_id);
  *found = false;
  bool ok = s && hw_statement_step(s, found, r->err);
  if (s) hw_statement_reset(s);
  return ok;
}

bool hw_store_read_prompt(hw_store *store, const hw_run_info *info, int64_t prompt_id, hw_arena *arena, bool *found, hw_prompt_record *record,
                          hw_error *err) {
  chunk_reader r = {.store = store, .arena = arena, .err = err, .info = info};
  *record = (hw_prompt_record){.prompt_id = prompt_id};
  return has_graphs(&r, prompt_id, found) && (!*found || read_prompt(&r, record));
}

bool hw_store_read_graph(hw_store *store, const hw_run_info *info, int64_t prompt_id, int64_t target, double threshold, hw_arena *arena,
                         bool *found, hw_graph_record *record, hw_error *err) {
  chunk_reader r = {.store = store, .arena = arena, .err = err, .info = info};
  hw_prompt_record prompt = {.prompt_id = prompt_id};
  if (!has_graphs(&r, prompt_id, found)) return false;
  if (!*found) return true;
  if (!read_prompt(&r, &prompt)) return false;
  size_t i = 0;
  while (i < prompt.n_graphs && target >= 0 && prompt.graphs[i].frame.target != target) i++;
  if (target < 0 && prompt.n_graphs) i = prompt.n_graphs - 1;
  *found = i < prompt.n_graphs;
  if (!*found) return true;
  *record = prompt.graphs[i];
  return hw_graph_record_replay(record, info, threshold, arena, err) && keep_in_graph(record, arena, err);
}

bool hw_store_read_neuron(hw_store *store, const hw_run_info *info, uint16_t layer, uint32_t neuron, hw_arena *arena, bool *found,
                          hw_projection *row, hw_error *err) {
  hw_statement *s = hw_store_statement(store, "reader/neuron_tokens.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":layer", layer);
  hw_bind_integer(s, ":neuron", neuron);
  size_t n = 0, n_promotes = 0;
  bool more, ok;
  while ((ok = hw_statement_step(s, &more, err)) && more) n++;
  int32_t *ids = hw_arena_new(arena, int32_t, n, err);
  float *scores = hw_arena_new(arena, float, n, err);
  ok = ok && ids && scores;
  hw_statement_rewind(s);
  for (size_t i = 0; ok && i < n && (ok = hw_statement_step(s, &more, err) && more); i++) {
    hw_checked_row stored = {s, "neuron_token", (int64_t)layer * info->d_ffn + neuron, err};
    int64_t sign, rank, score;
    uint32_t id = 0;
    ok = hw_checked_integer(&stored, 0, -1, 1, &sign) && hw_checked_integer(&stored, 1, 1, HW_MAX_LIST, &rank) &&
         hw_checked_u32(&stored, 2, 0, INT32_MAX, &id) && hw_checked_integer(&stored, 3, -MOST_SCORE, MOST_SCORE, &score);
    n_promotes += ok && sign > 0;
    ids[i] = (int32_t)id;
    scores[i] = ok ? (float)((double)score / HW_SCORE_UNIT) : 0;
  }
  hw_statement_reset(s);
  if (ok && (n != 2 * n_promotes || n_promotes > HW_MAX_LIST))
    return hw_fail(err, HW_ERROR_INPUT, "%s: neuron_token: L%uN%u promotes %zu tokens and suppresses %zu", store->path, layer, neuron,
                   n_promotes, n - n_promotes);
  *found = n > 0;
  *row = (hw_projection){.kind = HW_COMPONENT_NEURON, .convention = HW_CONVENTION_ALONE, .layer = layer, .index = neuron,
                         .k = (uint16_t)n_promotes, .promotes = ids, .promote_scores = scores, .suppresses = ids + n_promotes,
                         .suppress_scores = scores + n_promotes};
  return ok;
}
