/* SPDX-License-Identifier: Apache-2.0
 * Writing. A transaction holds the rows of whole chunks and, written at its end, their sums. */
#include "store/wide.h"
#include "store/relevance.h"
#include "store/writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "headwater/store.h"
#include "codec/codec.h"
#include "sqlite/sql.h"

static const char *bytes_of(const hw_encoded_chunk *chunk, const hw_slice *slice) {
  return slice->present ? (chunk->bytes.data ? chunk->bytes.data + slice->at : "") : NULL;
}

static void bind_text_slice(hw_statement *s, const char *name, const hw_encoded_chunk *chunk, const hw_slice *slice) {
  hw_bind_text(s, name, bytes_of(chunk, slice), slice->length);
}

static void bind_blob_slice(hw_statement *s, const char *name, const hw_encoded_chunk *chunk, const hw_slice *slice) {
  hw_bind_blob(s, name, bytes_of(chunk, slice), slice->length);
}

typedef struct answer_names { /* parameters of an answer or a foil */
  const char *id, *n_tokens, *logit, *probability, *rank, *log_probability, *greedy;
} answer_names;

static const answer_names names_of_answer = {":answer_id", ":answer_n_tokens", ":answer_logit", ":answer_probability", ":answer_rank",
                                             ":answer_log_probability", ":answer_greedy"};
static const answer_names names_of_foil = {":foil_id", ":foil_n_tokens", ":foil_logit", ":foil_probability", ":foil_rank",
                                           ":foil_log_probability", ":foil_greedy"};

static void bind_number(hw_statement *s, const char *name, double number) { /* NaN: none */
  if (isnan(number)) hw_bind_null(s, name);
  else hw_bind_real(s, name, number);
}

static void bind_answer(hw_statement *s, const answer_names *names, const hw_answer_record *answer) {
  if (answer->token_id < 0) {
    const char *all[] = {names->id, names->n_tokens, names->logit, names->probability, names->rank, names->log_probability, names->greedy};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) hw_bind_null(s, all[i]);
    return;
  }
  hw_bind_integer(s, names->id, answer->token_id);
  hw_bind_integer(s, names->n_tokens, answer->n_tokens);
  hw_bind_real(s, names->logit, hw_plain_double(answer->logit));
  hw_bind_real(s, names->probability, hw_plain_double(answer->probability));
  hw_bind_integer(s, names->rank, answer->rank);
  bind_number(s, names->log_probability, answer->log_probability);
  if (answer->cut) hw_bind_null(s, names->greedy);
  else hw_bind_integer(s, names->greedy, answer->greedy);
}

static bool put_answer(hw_store *store, const hw_encoded_prompt *prompt, hw_error *err) {
  if (prompt->answer.token_id < 0 && prompt->foil.token_id < 0) return true;
  hw_statement *s = hw_store_statement(store, "writer/insert_answer.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":prompt_id", prompt->prompt_id);
  bind_answer(s, &names_of_answer, &prompt->answer);
  bind_answer(s, &names_of_foil, &prompt->foil);
  const hw_answer_contrast *contrast = &prompt->contrast;
  if (prompt->answer.token_id < 0 || prompt->foil.token_id < 0) hw_bind_null(s, ":n_shared");
  else hw_bind_integer(s, ":n_shared", contrast->n_shared);
  bind_number(s, ":logit_diff", isnan(contrast->logit_diff) ? NAN : hw_plain_double(contrast->logit_diff));
  bind_number(s, ":log_probability_diff", contrast->log_probability_diff);
  return hw_statement_run(s, "store an answer", err);
}

static bool put_lens(hw_store *store, const hw_encoded_chunk *chunk, const hw_encoded_prompt *prompt, hw_error *err) {
  if (!prompt->lens.present) return true;
  hw_statement *s = hw_store_statement(store, "writer/insert_lens.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":prompt_id", prompt->prompt_id);
  bind_blob_slice(s, ":lens", chunk, &prompt->lens);
  return hw_statement_run(s, "store an answer", err);
}

static bool put_failed(hw_store *store, const hw_encoded_chunk *chunk, const hw_encoded_prompt *prompt, hw_error *err) {
  hw_statement *s = hw_store_statement(store, "writer/insert_failed.sql", err);
  if (!s) return false;
  const char *text = bytes_of(chunk, &prompt->text);
  hw_bind_integer(s, ":prompt_id", prompt->prompt_id);
  bind_text_slice(s, ":reason", chunk, &prompt->failure);
  if (text && hw_utf8_valid_prefix(text, prompt->text.length) == prompt->text.length) bind_text_slice(s, ":text", chunk, &prompt->text);
  else hw_bind_null(s, ":text");
  return hw_statement_run(s, "store a failed prompt", err);
}

static bool put_graph(hw_store *store, const hw_encoded_chunk *chunk, const hw_encoded_graph *graph, hw_error *err) {
  hw_statement *s = hw_store_statement(store, "writer/insert_graph.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":graph_id", graph->graph_id);
  bind_blob_slice(s, ":edges", chunk, &graph->edges);
  bind_blob_slice(s, ":heads", chunk, &graph->heads);
  bind_blob_slice(s, ":neurons", chunk, &graph->neurons);
  bind_blob_slice(s, ":projections", chunk, &graph->projections);
  if (!hw_statement_run(s, "store a graph", err)) return false;
  if (!(s = hw_store_statement(store, "writer/insert_graph_info.sql", err))) return false;
  hw_bind_integer(s, ":graph_id", graph->graph_id);
  hw_bind_integer(s, ":predicted_id", graph->predicted_id);
  hw_bind_real(s, ":predicted_logit", graph->predicted_logit);
  hw_bind_real(s, ":predicted_probability", graph->predicted_probability);
  hw_bind_integer(s, ":n_parts", graph->n_parts);
  hw_bind_integer(s, ":n_edges", graph->n_edges);
  hw_bind_integer(s, ":n_heads", graph->n_heads);
  hw_bind_integer(s, ":n_ffn_nodes", graph->n_ffn_nodes);
  hw_bind_integer(s, ":n_neurons", graph->n_neurons);
  hw_bind_integer(s, ":n_projections", graph->n_projections);
  return hw_statement_run(s, "store a graph", err);
}

static bool put_relevance(hw_store *store, const hw_encoded_chunk *chunk, const hw_encoded_prompt *prompt, const hw_encoded_relevance *relevance, hw_error *err) {
  hw_statement *s = hw_store_statement(store, "writer/insert_relevance.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":graph_id", hw_graph_id(prompt->prompt_id, (uint32_t)prompt->n_tokens - 1));
  hw_bind_string(s, ":mode", hw_relevance_mode_names[relevance->contrast]);
  bind_number(s, ":m", relevance->m);
  bind_number(s, ":m_reference", relevance->contrast ? relevance->m_reference : NAN);
  bind_text_slice(s, ":reason", chunk, &relevance->reason);
  hw_bind_integer(s, ":n_parts", relevance->n_parts);
  if (relevance->parts.present) bind_blob_slice(s, ":parts", chunk, &relevance->parts);
  else hw_bind_null(s, ":parts");
  return hw_statement_run(s, "store a relevance", err);
}

static bool put_prompt(hw_store *store, const hw_encoded_chunk *chunk, const hw_encoded_prompt *prompt, hw_error *err) {
  hw_statement *s;
  for (size_t i = 0; i < prompt->n_values; i++) {
    const hw_encoded_value *value = &chunk->values[prompt->first_value + i];
    if (!(s = hw_store_statement(store, "writer/insert_value.sql", err))) return false;
    hw_bind_integer(s, ":prompt_id", prompt->prompt_id);
    bind_text_slice(s, ":key", chunk, &value->key);
    bind_text_slice(s, ":value", chunk, &value->value);
    if (!hw_statement_run(s, "store a prompt", err)) return false;
  }
  if (prompt->failure.present) return put_failed(store, chunk, prompt, err);
  if (!(s = hw_store_statement(store, "writer/insert_prompt.sql", err))) return false;
  hw_bind_integer(s, ":prompt_id", prompt->prompt_id);
  hw_bind_integer(s, ":group_id", prompt->group_id);
  hw_bind_integer(s, ":n_tokens", prompt->n_tokens);
  hw_bind_integer(s, ":has_bos", prompt->has_bos);
  bind_text_slice(s, ":text", chunk, &prompt->text);
  bind_blob_slice(s, ":tokens", chunk, &prompt->tokens);
  bind_blob_slice(s, ":roles", chunk, &prompt->roles);
  if (prompt->counterfactual_of >= 0) hw_bind_integer(s, ":counterfactual_of", prompt->counterfactual_of);
  else hw_bind_null(s, ":counterfactual_of");
  if (!hw_statement_run(s, "store a prompt", err) || !put_answer(store, prompt, err) || !put_lens(store, chunk, prompt, err)) return false;
  for (size_t i = 0; i < prompt->n_graphs; i++)
    if (!put_graph(store, chunk, &chunk->graphs[prompt->first_graph + i], err)) return false;
  for (size_t i = 0; i < prompt->n_relevances; i++)
    if (!put_relevance(store, chunk, prompt, &prompt->relevances[i], err)) return false;
  return true;
}

static bool put_item_graphs(hw_store *store, const hw_encoded_chunk *chunk, hw_error *err) {
  for (size_t i = 0; i < chunk->n_item_graphs; i++) {
    const hw_encoded_item *item = &chunk->item_graphs[i];
    hw_statement *s = hw_store_statement(store, "writer/insert_item_graph.sql", err);
    if (!s) return false;
    hw_bind_integer(s, ":item_id", (int64_t)item->item);
    hw_bind_integer(s, ":chunk_id", chunk->chunk_index);
    hw_bind_integer(s, ":n", item->n);
    bind_blob_slice(s, ":graphs", chunk, &item->graphs);
    if (!hw_statement_run(s, "store the index of edges", err)) return false;
  }
  return true;
}

static bool put_chunk(hw_store *store, const hw_encoded_chunk *chunk, hw_error *err) {
  hw_statement *s = hw_store_statement(store, "writer/insert_chunk.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":chunk_id", chunk->chunk_index);
  hw_bind_integer(s, ":first_prompt", chunk->first_prompt);
  hw_bind_integer(s, ":n_prompts", chunk->n_prompts);
  hw_bind_integer(s, ":n_failed", chunk->n_failed);
  hw_bind_integer(s, ":n_tokens", chunk->n_tokens);
  if (!hw_statement_run(s, "store a chunk", err)) return false;
  if (sqlite3_changes(store->db) == 0)
    return hw_fail(err, HW_ERROR_INPUT, "%s: chunk %" PRId64 " is stored already", store->path, chunk->chunk_index);
  for (int64_t i = 0; i < chunk->n_prompts; i++)
    if (!put_prompt(store, chunk, &chunk->prompts[i], err)) return false;
  if (!put_item_graphs(store, chunk, err) || !hw_wide_note(store, chunk, err)) return false;
  if (!(s = hw_store_statement(store, "writer/count_prompts.sql", err))) return false;
  hw_bind_integer(s, ":n", chunk->n_prompts);
  hw_bind_integer(s, ":process_id", store->process_id);
  return hw_statement_run(s, "count prompts", err);
}

/* ---- transactions of several chunks ---- */

enum { MOST_PENDING = 1 << 18 }; /* rows of sums that wait, about 40 MB */

/* Drops the sums of the pending chunks. The caller rolls their transaction back. */
static void drop_pending(hw_store *store) {
  for (int i = 0; i < HW_N_PENDING; i++) {
    if (store->pending[i]) hw_chunk_sums_fini(store->pending[i]);
    free(store->pending[i]);
    store->pending[i] = NULL;
  }
}

static bool has_pending(const hw_store *store) {
  for (int i = 0; i < HW_N_PENDING; i++)
    if (store->pending[i]) return true;
  return false;
}

void hw_store_commit_every(hw_store *store, double seconds) {
  store->commit_seconds = seconds;
  store->committed = hw_clock_seconds();
}

bool hw_store_flush(hw_store *store, hw_error *err) {
  if (!has_pending(store)) return true;
  bool ok = true;
  for (int i = 0; i < HW_N_PENDING && ok; i++)
    ok = !store->pending[i] || (hw_chunk_sums_finish(store->pending[i], err) && hw_put_aggregates(store, store->pending[i], err));
  drop_pending(store);
  store->committed = hw_clock_seconds();
  if (ok) return hw_store_commit(store, err);
  hw_wide_forget(store);
  hw_store_rollback(store);
  return false;
}

/* The sums that a chunk's are added to; NULL and err filled when memory is short. */
static hw_chunk_sums *begin_pending(hw_store *store, const hw_chunk_sums *like, hw_error *err) {
  hw_chunk_sums **pending = &store->pending[like->all_groups == HW_ALL_COUNTERFACTUALS];
  if (*pending) return *pending;
  if (!has_pending(store) && !hw_store_begin(store, err)) return NULL;
  *pending = calloc(1, sizeof **pending);
  if (*pending && hw_chunk_sums_like(*pending, like, err)) return *pending;
  if (!*pending) hw_fail_memory(err, "the sums of a chunk");
  drop_pending(store);
  hw_wide_forget(store);
  hw_store_rollback(store);
  return NULL;
}

static bool waited_enough(const hw_store *store) { return hw_clock_seconds() - store->committed >= store->commit_seconds; }

bool hw_store_tick(hw_store *store, hw_error *err) { return !has_pending(store) || !waited_enough(store) || hw_store_flush(store, err); }

bool hw_store_put_chunk(hw_store *store, const hw_encoded_chunk *encoded, hw_error *err) {
  hw_chunk_sums *pending = begin_pending(store, &encoded->sums, err);
  if (!pending) return false;
  if (!put_chunk(store, encoded, err) || !hw_chunk_sums_merge(pending, &encoded->sums, err)) {
    drop_pending(store);
    hw_wide_forget(store);
    hw_store_rollback(store);
    return false;
  }
  size_t rows = 0;
  for (size_t i = 0; i < HW_N_SUM_TABLES; i++) rows += pending->tables[i].n;
  if (rows < MOST_PENDING && !waited_enough(store)) return true;
  return hw_store_flush(store, err);
}

bool hw_store_chunks_done(hw_store *store, size_t n_chunks, bool *done, int64_t *n_prompts, int64_t *n_failed,
                          hw_error *err) {
  if (n_chunks) memset(done, 0, n_chunks * sizeof *done);
  *n_prompts = *n_failed = 0;
  hw_statement *s = hw_store_statement(store, "writer/select_chunks.sql", err);
  bool row, ok = s != NULL;
  while (ok && (ok = hw_statement_step(s, &row, err)) && row) {
    int64_t chunk = hw_column_integer(s, 0);
    if (chunk < 0 || (uint64_t)chunk >= n_chunks) {
      ok = hw_fail(err, HW_ERROR_INPUT, "%s: holds chunk %" PRId64 ", but the data set has only %zu", store->path, chunk,
                   n_chunks);
      break;
    }
    done[chunk] = true;
    *n_prompts += hw_column_integer(s, 1);
    *n_failed += hw_column_integer(s, 2);
  }
  if (s) hw_statement_reset(s);
  return ok;
}

enum { BYTES_OF_SUMS = 40 << 20 }; /* of MOST_PENDING rows */

double hw_store_writer_bytes(double database_bytes, bool counterfactuals) {
  double pages = 1.1 * fmin(HW_WRITER_CACHE_KILOBYTES * 1024.0, database_bytes); /* with what SQLite notes about each */
  return pages + fmin((counterfactuals ? 2 : 1) * (double)BYTES_OF_SUMS, database_bytes);
}

/* ---- vocabulary ---- */

/* Valid UTF-8 for display: every byte that is not part of a character, and NUL, becomes U+FFFD. */
static void readable(hw_buffer *out, const char *bytes, size_t length) {
  hw_buffer_reset(out);
  for (size_t i = 0; i < length;) {
    size_t valid = hw_utf8_valid_prefix(bytes + i, length - i), n = valid ? strnlen(bytes + i, valid) : 0;
    hw_buffer_append(out, bytes + i, n);
    i += n;
    if (i < length && (n < valid || !valid)) {
      hw_buffer_append_string(out, "\xEF\xBF\xBD");
      i++;
    }
  }
}

static bool put_tokens(hw_store *store, size_t n, const char *const *pieces, const size_t *lengths, hw_buffer *text,
                       hw_error *err) {
  for (size_t i = 0; i < n; i++) {
    if (!pieces[i]) continue; /* an id that no token has */
    hw_statement *s = hw_store_statement(store, "writer/insert_token.sql", err);
    if (!s) return false;
    readable(text, pieces[i], lengths[i]);
    if (!hw_buffer_check(text, err)) return false;
    hw_bind_integer(s, ":token_id", (int64_t)i);
    hw_bind_text(s, ":text", text->data ? text->data : "", text->length);
    if (text->length != lengths[i] || (lengths[i] && memcmp(text->data, pieces[i], lengths[i]) != 0))
      hw_bind_blob(s, ":bytes", pieces[i], lengths[i]);
    else hw_bind_null(s, ":bytes");
    if (!hw_statement_run(s, "store the vocabulary", err)) return false;
  }
  return true;
}

bool hw_store_put_vocabulary(hw_store *store, size_t n, const char *const *pieces, const size_t *lengths, hw_error *err) {
  int64_t there;
  if (!hw_store_integer(store, "writer/has_vocabulary.sql", &there, err)) return false;
  if (there) return true;
  if (!hw_store_flush(store, err) || !hw_store_begin(store, err)) return false;
  hw_buffer text;
  hw_buffer_init(&text);
  bool ok = put_tokens(store, n, pieces, lengths, &text, err);
  if (ok) ok = hw_store_commit(store, err);
  else hw_store_rollback(store);
  hw_buffer_fini(&text);
  return ok;
}

/* ---- stages of a process ---- */

bool hw_store_put_stages(hw_store *store, size_t n, const char *const *names, const double *seconds, hw_error *err) {
  if (!hw_store_flush(store, err) || !hw_store_begin(store, err)) return false;
  bool ok = hw_store_exec(store, hw_sql("profile/schema.sql"), "create the table of stages", err);
  for (size_t i = 0; ok && i < n; i++) {
    hw_statement *s = hw_store_statement(store, "profile/insert_stage.sql", err);
    if (!s) {
      ok = false;
      break;
    }
    hw_bind_integer(s, ":process_id", store->process_id);
    hw_bind_string(s, ":stage", names[i]);
    hw_bind_real(s, ":seconds", seconds[i]);
    ok = hw_statement_run(s, "store the stages", err);
  }
  if (ok) return hw_store_commit(store, err);
  hw_store_rollback(store);
  return false;
}

/* ---- projections of neurons ---- */

bool hw_store_pending_neurons(hw_store *store, size_t limit, uint16_t *layers, uint32_t *neurons, size_t *n,
                              hw_error *err) {
  *n = 0;
  if (!hw_store_flush(store, err)) return false;
  hw_statement *s = hw_store_statement(store, "writer/pending_neurons.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":limit", limit > INT32_MAX ? INT32_MAX : (int64_t)limit);
  bool row, ok;
  while ((ok = hw_statement_step(s, &row, err)) && row && *n < limit) {
    layers[*n] = (uint16_t)hw_column_integer(s, 0);
    neurons[(*n)++] = (uint32_t)hw_column_integer(s, 1);
  }
  hw_statement_reset(s);
  return ok;
}

static bool put_neuron_tokens(hw_store *store, const hw_projection *row, int sign, hw_error *err) {
  const int32_t *ids = sign > 0 ? row->promotes : row->suppresses;
  const float *scores = sign > 0 ? row->promote_scores : row->suppress_scores;
  for (int64_t k = 0; k < row->k; k++) {
    if (!(fabs((double)scores[k]) <= 1e9))
      return hw_fail(err, HW_ERROR_INPUT, "neuron %u of layer %u: a score that is not finite", row->index, row->layer);
    hw_statement *s = hw_store_statement(store, "writer/insert_neuron_token.sql", err);
    if (!s) return false;
    hw_bind_integer(s, ":layer", row->layer);
    hw_bind_integer(s, ":neuron", row->index);
    hw_bind_integer(s, ":sign", sign);
    hw_bind_integer(s, ":rank", k + 1);
    hw_bind_integer(s, ":token_id", ids[k]);
    hw_bind_integer(s, ":score", llround((double)scores[k] * HW_SCORE_UNIT));
    if (!hw_statement_run(s, "store what a neuron promotes", err)) return false;
  }
  return true;
}

bool hw_store_put_neuron_projections(hw_store *store, const hw_projection *rows, size_t n, hw_error *err) {
  if (!hw_store_flush(store, err) || !hw_store_begin(store, err)) return false;
  bool ok = true;
  for (size_t i = 0; i < n && ok; i++) {
    if (rows[i].kind != HW_COMPONENT_NEURON || rows[i].convention != HW_CONVENTION_ALONE || rows[i].k == 0)
      ok = hw_fail(err, HW_ERROR_INPUT, "neuron %u of layer %u: not the projection of a neuron alone", rows[i].index,
                   rows[i].layer);
    ok = ok && put_neuron_tokens(store, &rows[i], 1, err) && put_neuron_tokens(store, &rows[i], -1, err);
  }
  if (ok) return hw_store_commit(store, err);
  hw_wide_forget(store);
  hw_store_rollback(store);
  return false;
}
