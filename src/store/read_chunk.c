/* SPDX-License-Identifier: Apache-2.0
 * The rows of a chunk, read back as they were given to hw_encode_chunk. */
#include <string.h>

#include "codec/codec.h"
#include "sqlite/connection.h"
#include "headwater/store.h"

typedef struct chunk_reader {
  hw_store *store;
  hw_arena *arena;
  hw_error *err;
  int64_t n_layers;
} chunk_reader;

/* The kept statement of sql/reader/ about one prompt, bound. Reset it after its last row: an open one holds the file's state. */
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
    ok = hw_column_copy(s, 0, r->arena, &row.key, &length, r->err) && hw_column_copy(s, 1, r->arena, &row.value, &row.value_length, r->err);
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

static void take_answer(const hw_statement *s, int first, hw_answer_record *answer) {
  if (hw_column_is_null(s, first)) return;
  *answer = (hw_answer_record){.token_id = (int32_t)hw_column_integer(s, first),
                               .n_tokens = (uint32_t)hw_column_integer(s, first + 1),
                               .logit = (float)hw_column_real(s, first + 2),
                               .probability = (float)hw_column_real(s, first + 3),
                               .rank = (uint32_t)hw_column_integer(s, first + 4),
                               .log_probability = hw_column_real(s, first + 5)};
}

static bool read_answer(chunk_reader *r, hw_prompt_record *record) {
  record->answer.token_id = record->foil.token_id = -1;
  hw_statement *s = select_prompt(r, "reader/answer.sql", record->prompt_id);
  bool row;
  if (!s || !hw_statement_step(s, &row, r->err)) return false;
  if (row) {
    take_answer(s, 0, &record->answer);
    take_answer(s, 6, &record->foil);
  }
  hw_statement_reset(s);
  return true;
}

static bool read_lens(chunk_reader *r, hw_prompt_record *record) {
  hw_statement *s = select_prompt(r, "reader/lens.sql", record->prompt_id);
  bool row;
  if (!s || !hw_statement_step(s, &row, r->err)) return false;
  int64_t prompt_id;
  size_t n, length;
  hw_lens_score *answer, *foil;
  bool ok = true;
  if (row) {
    const void *bytes = hw_column_blob(s, 0, &length);
    ok = hw_decode_lens(bytes, length, r->arena, &prompt_id, &n, &answer, &foil, r->err);
  }
  hw_statement_reset(s);
  if (!ok || !row) return ok;
  if (prompt_id != record->prompt_id || n != (size_t)r->n_layers)
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: prompt %lld: its logit lens is damaged", r->store->path, (long long)record->prompt_id);
  record->answer_lens = answer;
  record->foil_lens = foil;
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

static bool take_graph(chunk_reader *r, const hw_statement *s, hw_graph_record *graph) {
  hw_blob_info info;
  hw_part *parts;
  hw_neurons neurons;
  hw_projections projections;
  size_t length;
  const void *bytes = hw_column_blob(s, 0, &length);
  if (!hw_decode_edges(bytes, length, r->arena, &info, &parts, &graph->n_parts, r->err)) return false;
  graph->frame = info.frame;
  graph->parts = parts;
  bytes = hw_column_blob(s, 1, &length);
  if (!hw_decode_neurons(bytes, length, r->arena, &info, &neurons, r->err)) return false;
  bytes = hw_column_blob(s, 2, &length);
  if (!hw_decode_projections(bytes, length, r->arena, &info, &projections, r->err)) return false;
  graph->neurons = neurons.rows;
  graph->n_neurons = neurons.n_rows;
  graph->neuron_nodes = neurons.nodes;
  graph->n_neuron_nodes = neurons.n_nodes;
  graph->predicted_id = (int32_t)hw_column_integer(s, 3);
  graph->predicted_logit = (float)hw_column_real(s, 4);
  graph->predicted_probability = (float)hw_column_real(s, 5);
  return unpack_projections(r, &projections, graph);
}

static bool read_graphs(chunk_reader *r, hw_prompt_record *record) {
  size_t n = 0;
  hw_statement *s = select_prompt(r, "reader/graphs.sql", record->prompt_id);
  bool row, ok = s != NULL;
  while (ok && (ok = hw_statement_step(s, &row, r->err)) && row) n++;
  hw_graph_record *graphs = ok ? hw_arena_znew(r->arena, hw_graph_record, n, r->err) : NULL;
  ok = graphs != NULL;
  if (ok) hw_statement_rewind(s);
  for (size_t i = 0; ok && i < n; i++) ok = hw_statement_step(s, &row, r->err) && row && take_graph(r, s, &graphs[i]);
  if (s) hw_statement_reset(s);
  record->graphs = graphs;
  record->n_graphs = n;
  return ok;
}

static bool damaged(chunk_reader *r, int64_t prompt_id, const char *what) {
  return hw_fail(r->err, HW_ERROR_INPUT, "%s: prompt %lld: %s", r->store->path, (long long)prompt_id, what);
}

static bool read_traced(chunk_reader *r, const hw_statement *s, hw_prompt_record *record) {
  int32_t *ids;
  size_t n_ids, n_roles, length;
  const char *roles;
  record->group_id = (uint32_t)hw_column_integer(s, 0);
  record->n_tokens = (size_t)hw_column_integer(s, 1);
  record->has_bos = hw_column_integer(s, 2) != 0;
  record->counterfactual_of = hw_column_is_null(s, 8) ? -1 : hw_column_integer(s, 8);
  if (!hw_column_copy(s, 3, r->arena, &record->text, &record->text_length, r->err)) return false;
  const void *tokens = hw_column_blob(s, 4, &length);
  if (!hw_decode_tokens(tokens, length, r->arena, &ids, &n_ids, r->err) || !hw_column_copy(s, 5, r->arena, &roles, &n_roles, r->err)) return false;
  if (n_ids != record->n_tokens || n_roles != record->n_tokens) return damaged(r, record->prompt_id, "tokens, roles and n_tokens differ in number");
  record->ids = ids;
  record->roles = (const uint8_t *)roles;
  return read_answer(r, record) && read_lens(r, record) && read_graphs(r, record);
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
  if (*found)
    *chunk = (hw_chunk_record){.chunk_index = chunk_index, .first_prompt = hw_column_integer(s, 0),
                               .n_prompts = (size_t)hw_column_integer(s, 1), .n_tokens = (size_t)hw_column_integer(s, 2)};
  hw_statement_reset(s);
  return ok;
}

bool hw_store_read_chunk(hw_store *store, int64_t chunk_index, hw_arena *arena, bool *found, hw_chunk_record *chunk, hw_error *err) {
  chunk_reader r = {.store = store, .arena = arena, .err = err};
  if (!read_frame(&r, chunk_index, found, chunk)) return false;
  if (!*found) return true;
  hw_prompt_record *prompts = hw_arena_znew(arena, hw_prompt_record, chunk->n_prompts, err);
  bool ok = prompts && hw_store_integer(store, "reader/n_layers.sql", &r.n_layers, err);
  for (size_t i = 0; ok && i < chunk->n_prompts; i++) {
    prompts[i].prompt_id = chunk->first_prompt + (int64_t)i;
    ok = read_prompt(&r, &prompts[i]);
  }
  chunk->prompts = prompts;
  for (size_t i = 0; ok && i < chunk->n_prompts; i++) /* a chunk holds one kind; failed prompts do not tell */
    chunk->counterfactual |= !prompts[i].failure && prompts[i].counterfactual_of >= 0;
  return ok;
}

bool hw_store_read_neuron(hw_store *store, uint16_t layer, uint32_t neuron, hw_arena *arena, bool *found, hw_projection *row, hw_error *err) {
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
    n_promotes += hw_column_integer(s, 0) > 0;
    ids[i] = (int32_t)hw_column_integer(s, 2);
    scores[i] = (float)((double)hw_column_integer(s, 3) / HW_SCORE_UNIT);
  }
  hw_statement_reset(s);
  if (ok && n != 2 * n_promotes)
    return hw_fail(err, HW_ERROR_INPUT, "%s: neuron_token: L%uN%u promotes %zu tokens and suppresses %zu", store->path, layer, neuron,
                   n_promotes, n - n_promotes);
  *found = n > 0;
  *row = (hw_projection){.kind = HW_COMPONENT_NEURON, .convention = HW_CONVENTION_ALONE, .layer = layer, .index = neuron,
                         .k = (uint16_t)n_promotes, .promotes = ids, .promote_scores = scores, .suppresses = ids + n_promotes,
                         .suppress_scores = scores + n_promotes};
  return ok;
}
