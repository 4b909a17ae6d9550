/* SPDX-License-Identifier: Apache-2.0
 * The rows of a chunk, read back as they were given to hw_encode_chunk. */
#include <string.h>

#include "codec/codec.h"
#include "store/reading.h"
#include "headwater/store.h"

typedef struct chunk_reader {
  hw_store *store;
  hw_arena *arena;
  hw_error *err;
  int64_t n_layers;
  sqlite3_stmt *prompt, *values, *answer, *lens, *graphs;
} chunk_reader;

static bool select_prompt(sqlite3_stmt *s, int64_t prompt_id) {
  (void)sqlite3_reset(s);
  return sqlite3_bind_int64(s, 1, prompt_id) == SQLITE_OK;
}

static bool read_values(chunk_reader *r, hw_prompt_record *record) {
  hw_buffer rows;
  hw_buffer_init(&rows);
  int more = 0;
  bool ok = select_prompt(r->values, record->prompt_id);
  while (ok && (more = hw_reading_step(r->store, r->values, r->err)) > 0) {
    hw_key_value row;
    size_t length;
    ok = hw_reading_text(r->values, 0, r->arena, &row.key, &length, r->err) &&
         hw_reading_text(r->values, 1, r->arena, &row.value, &row.value_length, r->err);
    hw_buffer_append(&rows, &row, sizeof row);
  }
  ok = ok && more == 0 && hw_buffer_check(&rows, r->err);
  hw_key_value *values = ok ? hw_arena_alloc(r->arena, rows.length, 1, r->err) : NULL;
  if (values && rows.length) memcpy(values, rows.data, rows.length);
  record->values = values;
  record->n_values = rows.length / sizeof *values;
  hw_buffer_fini(&rows);
  return values != NULL;
}

static void take_answer(sqlite3_stmt *s, int first, hw_answer_record *answer) {
  if (sqlite3_column_type(s, first) == SQLITE_NULL) return;
  *answer = (hw_answer_record){.token_id = (int32_t)sqlite3_column_int64(s, first),
                               .n_tokens = (uint32_t)sqlite3_column_int64(s, first + 1),
                               .logit = (float)sqlite3_column_double(s, first + 2),
                               .probability = (float)sqlite3_column_double(s, first + 3),
                               .rank = (uint32_t)sqlite3_column_int64(s, first + 4),
                               .log_probability = sqlite3_column_double(s, first + 5)};
}

static bool read_answer(chunk_reader *r, hw_prompt_record *record) {
  record->answer.token_id = record->foil.token_id = -1;
  if (!select_prompt(r->answer, record->prompt_id)) return false;
  int more = hw_reading_step(r->store, r->answer, r->err);
  if (more > 0) {
    take_answer(r->answer, 0, &record->answer);
    take_answer(r->answer, 6, &record->foil);
  }
  return more >= 0;
}

static bool read_lens(chunk_reader *r, hw_prompt_record *record) {
  if (!select_prompt(r->lens, record->prompt_id)) return false;
  int more = hw_reading_step(r->store, r->lens, r->err);
  if (more <= 0) return more == 0;
  int64_t prompt_id;
  size_t n;
  hw_lens_score *answer, *foil;
  if (!hw_decode_lens(sqlite3_column_blob(r->lens, 0), (size_t)sqlite3_column_bytes(r->lens, 0), r->arena, &prompt_id, &n, &answer, &foil, r->err))
    return false;
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

static bool take_graph(chunk_reader *r, hw_graph_record *graph) {
  sqlite3_stmt *s = r->graphs;
  hw_blob_info info;
  hw_part *parts;
  hw_neurons neurons;
  hw_projections projections;
  if (!hw_decode_edges(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0), r->arena, &info, &parts, &graph->n_parts, r->err))
    return false;
  graph->frame = info.frame;
  graph->parts = parts;
  if (!hw_decode_neurons(sqlite3_column_blob(s, 1), (size_t)sqlite3_column_bytes(s, 1), r->arena, &info, &neurons, r->err) ||
      !hw_decode_projections(sqlite3_column_blob(s, 2), (size_t)sqlite3_column_bytes(s, 2), r->arena, &info, &projections, r->err))
    return false;
  graph->neurons = neurons.rows;
  graph->n_neurons = neurons.n_rows;
  graph->neuron_nodes = neurons.nodes;
  graph->n_neuron_nodes = neurons.n_nodes;
  graph->predicted_id = (int32_t)sqlite3_column_int64(s, 3);
  graph->predicted_logit = (float)sqlite3_column_double(s, 4);
  graph->predicted_probability = (float)sqlite3_column_double(s, 5);
  return unpack_projections(r, &projections, graph);
}

static bool read_graphs(chunk_reader *r, hw_prompt_record *record) {
  int more = 0;
  size_t n = 0;
  bool ok = select_prompt(r->graphs, record->prompt_id);
  while (ok && (more = hw_reading_step(r->store, r->graphs, r->err)) > 0) n++;
  hw_graph_record *graphs = ok && more == 0 ? hw_arena_znew(r->arena, hw_graph_record, n, r->err) : NULL;
  ok = graphs && select_prompt(r->graphs, record->prompt_id);
  for (size_t i = 0; ok && i < n; i++) ok = hw_reading_step(r->store, r->graphs, r->err) > 0 && take_graph(r, &graphs[i]);
  record->graphs = graphs;
  record->n_graphs = n;
  return ok;
}

static bool damaged(chunk_reader *r, int64_t prompt_id, const char *what) {
  return hw_fail(r->err, HW_ERROR_INPUT, "%s: prompt %lld: %s", r->store->path, (long long)prompt_id, what);
}

static bool read_traced(chunk_reader *r, hw_prompt_record *record) {
  sqlite3_stmt *s = r->prompt;
  int32_t *ids;
  size_t n_ids, n_roles;
  const char *roles;
  record->group_id = (uint32_t)sqlite3_column_int64(s, 0);
  record->n_tokens = (size_t)sqlite3_column_int64(s, 1);
  record->has_bos = sqlite3_column_int(s, 2) != 0;
  record->counterfactual_of = sqlite3_column_type(s, 8) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, 8);
  if (!hw_reading_text(s, 3, r->arena, &record->text, &record->text_length, r->err) ||
      !hw_decode_tokens(sqlite3_column_blob(s, 4), (size_t)sqlite3_column_bytes(s, 4), r->arena, &ids, &n_ids, r->err) ||
      !hw_reading_text(s, 5, r->arena, &roles, &n_roles, r->err))
    return false;
  if (n_ids != record->n_tokens || n_roles != record->n_tokens) return damaged(r, record->prompt_id, "tokens, roles and n_tokens differ in number");
  record->ids = ids;
  record->roles = (const uint8_t *)roles;
  return read_answer(r, record) && read_lens(r, record) && read_graphs(r, record);
}

static bool read_prompt(chunk_reader *r, hw_prompt_record *record) {
  if (!select_prompt(r->prompt, record->prompt_id) || hw_reading_step(r->store, r->prompt, r->err) <= 0) return false;
  record->answer.token_id = record->foil.token_id = -1;
  size_t length;
  if (!hw_reading_text(r->prompt, 6, r->arena, &record->failure, &length, r->err) || !read_values(r, record)) return false;
  if (record->failure) return hw_reading_text(r->prompt, 7, r->arena, &record->text, &record->text_length, r->err);
  if (sqlite3_column_type(r->prompt, 0) == SQLITE_NULL) return damaged(r, record->prompt_id, "neither traced nor failed");
  return read_traced(r, record);
}

static bool read_frame(chunk_reader *r, int64_t chunk_index, bool *found, hw_chunk_record *chunk) {
  sqlite3_stmt *s = hw_reading_begin(r->store, "reader/chunk.sql", r->err);
  if (!s) return false;
  (void)sqlite3_bind_int64(s, 1, chunk_index);
  int more = hw_reading_step(r->store, s, r->err);
  *found = more > 0;
  if (*found)
    *chunk = (hw_chunk_record){.chunk_index = chunk_index, .first_prompt = sqlite3_column_int64(s, 0),
                               .n_prompts = (size_t)sqlite3_column_int64(s, 1), .n_tokens = (size_t)sqlite3_column_int64(s, 2)};
  hw_reading_end(s);
  return more >= 0;
}

bool hw_store_read_chunk(hw_store *store, int64_t chunk_index, hw_arena *arena, bool *found, hw_chunk_record *chunk, hw_error *err) {
  chunk_reader r = {.store = store, .arena = arena, .err = err};
  if (!read_frame(&r, chunk_index, found, chunk)) return false;
  if (!*found) return true;
  hw_prompt_record *prompts = hw_arena_znew(arena, hw_prompt_record, chunk->n_prompts, err);
  bool ok = prompts && hw_store_integer(store, "SELECT n_layers FROM run", &r.n_layers, err) &&
            (r.prompt = hw_reading_begin(store, "reader/prompt.sql", err)) &&
            (r.values = hw_reading_begin(store, "reader/values.sql", err)) &&
            (r.answer = hw_reading_begin(store, "reader/answer.sql", err)) && (r.lens = hw_reading_begin(store, "reader/lens.sql", err)) &&
            (r.graphs = hw_reading_begin(store, "reader/graphs.sql", err));
  for (size_t i = 0; ok && i < chunk->n_prompts; i++) {
    prompts[i].prompt_id = chunk->first_prompt + (int64_t)i;
    ok = read_prompt(&r, &prompts[i]);
  }
  chunk->prompts = prompts;
  for (size_t i = 0; ok && i < chunk->n_prompts; i++) /* a chunk holds one kind; failed prompts do not tell */
    chunk->counterfactual |= !prompts[i].failure && prompts[i].counterfactual_of >= 0;
  sqlite3_stmt *statements[] = {r.prompt, r.values, r.answer, r.lens, r.graphs};
  for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) hw_reading_end(statements[i]);
  return ok;
}

bool hw_store_read_neuron(hw_store *store, uint16_t layer, uint32_t neuron, hw_arena *arena, bool *found, hw_projection *row, hw_error *err) {
  sqlite3_stmt *s = hw_reading_begin(store, "reader/neuron_tokens.sql", err);
  if (!s) return false;
  (void)sqlite3_bind_int64(s, 1, layer);
  (void)sqlite3_bind_int64(s, 2, neuron);
  int more = 0;
  size_t n = 0;
  while ((more = hw_reading_step(store, s, err)) > 0) n++;
  int32_t *ids = hw_arena_new(arena, int32_t, n, err);
  float *scores = hw_arena_new(arena, float, n, err);
  bool ok = more == 0 && ids && scores;
  (void)sqlite3_reset(s);
  size_t n_promotes = 0;
  for (size_t i = 0; ok && i < n && (ok = hw_reading_step(store, s, err) > 0); i++) {
    n_promotes += sqlite3_column_int(s, 0) > 0;
    ids[i] = (int32_t)sqlite3_column_int64(s, 2);
    scores[i] = (float)((double)sqlite3_column_int64(s, 3) / HW_SCORE_UNIT);
  }
  hw_reading_end(s);
  if (ok && n != 2 * n_promotes)
    return hw_fail(err, HW_ERROR_INPUT, "%s: neuron_token: L%uN%u promotes %zu tokens and suppresses %zu", store->path, layer, neuron,
                   n_promotes, n - n_promotes);
  *found = n > 0;
  *row = (hw_projection){.kind = HW_COMPONENT_NEURON, .convention = HW_CONVENTION_ALONE, .layer = layer, .index = neuron,
                         .k = (uint16_t)n_promotes, .promotes = ids, .promote_scores = scores, .suppresses = ids + n_promotes,
                         .suppress_scores = scores + n_promotes};
  return ok;
}
