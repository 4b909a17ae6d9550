/* SPDX-License-Identifier: Apache-2.0
 * Writing. A transaction holds the rows of whole chunks and, written at its end, their sums. */
#include "store/writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "headwater/store.h"
#include "codec/codec.h"

static const char *bytes_of(const hw_encoded_chunk *chunk, const hw_slice *slice) {
  return slice->present ? (chunk->bytes.data ? chunk->bytes.data + slice->at : "") : NULL;
}

static void bind_text_slice(sqlite3_stmt *s, int index, const hw_encoded_chunk *chunk, const hw_slice *slice) {
  hw_bind_text(s, index, bytes_of(chunk, slice), slice->length);
}

static void bind_blob_slice(sqlite3_stmt *s, int index, const hw_encoded_chunk *chunk, const hw_slice *slice) {
  hw_bind_blob(s, index, bytes_of(chunk, slice), slice->length);
}

static void bind_answer(sqlite3_stmt *s, int first, const hw_answer_record *answer) {
  if (answer->token_id < 0) return; /* NULLs */
  hw_bind_integers(s, first, (int64_t[]){answer->token_id, answer->n_tokens}, 2);
  (void)sqlite3_bind_double(s, first + 2, hw_plain_double(answer->logit));
  (void)sqlite3_bind_double(s, first + 3, hw_plain_double(answer->probability));
  hw_bind_integers(s, first + 4, (int64_t[]){answer->rank}, 1);
  (void)sqlite3_bind_double(s, first + 5, answer->log_probability);
}

static bool put_answer(hw_store *store, const hw_encoded_prompt *prompt, hw_error *err) {
  if (prompt->answer.token_id < 0 && prompt->foil.token_id < 0) return true;
  sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_ANSWER, err);
  if (!s) return false;
  hw_bind_integers(s, 1, &prompt->prompt_id, 1);
  bind_answer(s, 2, &prompt->answer);
  bind_answer(s, 8, &prompt->foil);
  if (prompt->answer.token_id >= 0 && prompt->foil.token_id >= 0)
    (void)sqlite3_bind_double(s, 14, hw_plain_double(prompt->answer.logit - prompt->foil.logit));
  return hw_store_run(store, s, "store an answer", err);
}

static bool put_lens(hw_store *store, const hw_encoded_chunk *chunk, const hw_encoded_prompt *prompt, hw_error *err) {
  if (!prompt->lens.present) return true;
  sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_LENS, err);
  if (!s) return false;
  hw_bind_integers(s, 1, &prompt->prompt_id, 1);
  bind_blob_slice(s, 2, chunk, &prompt->lens);
  return hw_store_run(store, s, "store an answer", err);
}

static bool put_failed(hw_store *store, const hw_encoded_chunk *chunk, const hw_encoded_prompt *prompt, hw_error *err) {
  sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_FAILED, err);
  if (!s) return false;
  hw_bind_integers(s, 1, &prompt->prompt_id, 1);
  bind_text_slice(s, 2, chunk, &prompt->failure);
  const char *text = bytes_of(chunk, &prompt->text);
  if (text && hw_utf8_valid_prefix(text, prompt->text.length) == prompt->text.length)
    bind_text_slice(s, 3, chunk, &prompt->text);
  return hw_store_run(store, s, "store a failed prompt", err);
}

static bool put_graph(hw_store *store, const hw_encoded_chunk *chunk, const hw_encoded_graph *graph, hw_error *err) {
  sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_GRAPH, err);
  if (!s) return false;
  hw_bind_integers(s, 1, &graph->graph_id, 1);
  bind_blob_slice(s, 2, chunk, &graph->edges);
  bind_blob_slice(s, 3, chunk, &graph->heads);
  bind_blob_slice(s, 4, chunk, &graph->neurons);
  bind_blob_slice(s, 5, chunk, &graph->projections);
  if (!hw_store_run(store, s, "store a graph", err)) return false;
  if (!(s = hw_store_statement(store, HW_INSERT_GRAPH_INFO, err))) return false;
  hw_bind_integers(s, 1, (int64_t[]){graph->graph_id, graph->predicted_id}, 2);
  (void)sqlite3_bind_double(s, 3, graph->predicted_logit);
  (void)sqlite3_bind_double(s, 4, graph->predicted_probability);
  hw_bind_integers(s, 5,
                   (int64_t[]){graph->n_parts, graph->n_edges, graph->n_heads, graph->n_ffn_nodes, graph->n_neurons,
                               graph->n_projections},
                   6);
  return hw_store_run(store, s, "store a graph", err);
}

static bool put_prompt(hw_store *store, const hw_encoded_chunk *chunk, const hw_encoded_prompt *prompt, hw_error *err) {
  sqlite3_stmt *s;
  for (size_t i = 0; i < prompt->n_values; i++) {
    const hw_encoded_value *value = &chunk->values[prompt->first_value + i];
    if (!(s = hw_store_statement(store, HW_INSERT_VALUE, err))) return false;
    hw_bind_integers(s, 1, &prompt->prompt_id, 1);
    bind_text_slice(s, 2, chunk, &value->key);
    bind_text_slice(s, 3, chunk, &value->value);
    if (!hw_store_run(store, s, "store a prompt", err)) return false;
  }
  if (prompt->failure.present) return put_failed(store, chunk, prompt, err);
  if (!(s = hw_store_statement(store, HW_INSERT_PROMPT, err))) return false;
  hw_bind_integers(s, 1, (int64_t[]){prompt->prompt_id, prompt->group_id, prompt->n_tokens, prompt->has_bos}, 4);
  bind_text_slice(s, 5, chunk, &prompt->text);
  bind_blob_slice(s, 6, chunk, &prompt->tokens);
  bind_blob_slice(s, 7, chunk, &prompt->roles);
  if (prompt->counterfactual_of >= 0) hw_bind_integers(s, 8, &prompt->counterfactual_of, 1);
  if (!hw_store_run(store, s, "store a prompt", err) || !put_answer(store, prompt, err) || !put_lens(store, chunk, prompt, err))
    return false;
  for (size_t i = 0; i < prompt->n_graphs; i++)
    if (!put_graph(store, chunk, &chunk->graphs[prompt->first_graph + i], err)) return false;
  return true;
}

static bool put_item_graphs(hw_store *store, const hw_encoded_chunk *chunk, hw_error *err) {
  for (size_t i = 0; i < chunk->n_item_graphs; i++) {
    const hw_encoded_item *item = &chunk->item_graphs[i];
    sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_ITEM_GRAPH, err);
    if (!s) return false;
    hw_bind_integers(s, 1, (int64_t[]){(int64_t)item->item, chunk->chunk_index, item->n}, 3);
    bind_blob_slice(s, 4, chunk, &item->graphs);
    if (!hw_store_run(store, s, "store the index of edges", err)) return false;
  }
  return true;
}

static bool put_chunk(hw_store *store, const hw_encoded_chunk *chunk, hw_error *err) {
  sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_CHUNK, err);
  if (!s) return false;
  hw_bind_integers(
      s, 1, (int64_t[]){chunk->chunk_index, chunk->first_prompt, chunk->n_prompts, chunk->n_failed, chunk->n_tokens}, 5);
  int rc = sqlite3_step(s);
  if ((rc & 0xff) == SQLITE_CONSTRAINT)
    return hw_fail(err, HW_ERROR_INPUT, "%s: chunk %" PRId64 " is stored already", store->path, chunk->chunk_index);
  if (rc != SQLITE_DONE) return hw_store_fail(store, "store a chunk", err);
  for (int64_t i = 0; i < chunk->n_prompts; i++)
    if (!put_prompt(store, chunk, &chunk->prompts[i], err)) return false;
  if (!put_item_graphs(store, chunk, err)) return false;
  if (!(s = hw_store_statement(store, HW_COUNT_PROMPTS, err))) return false;
  hw_bind_integers(s, 1, (int64_t[]){chunk->n_prompts, store->process_id}, 2);
  return hw_store_run(store, s, "count prompts", err);
}

/* ---- transactions of several chunks ---- */

enum { MOST_PENDING = 1 << 18 }; /* rows of sums that wait, about 40 MB */

/* Forgets the chunks that wait; their transaction is still to be rolled back. */
static void drop_pending(hw_store *store) {
  if (store->pending) hw_chunk_sums_fini(store->pending);
  free(store->pending);
  store->pending = NULL;
}

void hw_store_commit_every(hw_store *store, double seconds) {
  store->commit_seconds = seconds;
  store->committed = hw_clock_seconds();
}

bool hw_store_flush(hw_store *store, hw_error *err) {
  if (!store->pending) return true;
  bool ok = hw_chunk_sums_finish(store->pending, err) && hw_put_aggregates(store, store->pending, err);
  drop_pending(store);
  store->committed = hw_clock_seconds();
  if (ok) return hw_store_commit(store, err);
  hw_store_rollback(store);
  return false;
}

static bool begin_pending(hw_store *store, const hw_chunk_sums *like, hw_error *err) {
  if (store->pending && store->pending->all_groups != like->all_groups && !hw_store_flush(store, err)) return false;
  if (store->pending) return true;
  if (!hw_store_begin(store, err)) return false;
  store->pending = calloc(1, sizeof *store->pending);
  if (store->pending && hw_chunk_sums_init(store->pending, like->n_answer_groups - 1, like->n_layers, like->all_groups, err)) return true;
  if (!store->pending) hw_fail_memory(err, "the sums of a chunk");
  drop_pending(store);
  hw_store_rollback(store);
  return false;
}

bool hw_store_put_chunk(hw_store *store, const hw_encoded_chunk *encoded, hw_error *err) {
  if (!begin_pending(store, &encoded->sums, err)) return false;
  if (!put_chunk(store, encoded, err) || !hw_chunk_sums_merge(store->pending, &encoded->sums, err)) {
    drop_pending(store);
    hw_store_rollback(store);
    return false;
  }
  size_t rows = 0;
  for (size_t i = 0; i < HW_N_SUM_TABLES; i++) rows += store->pending->tables[i].n;
  if (rows < MOST_PENDING && hw_clock_seconds() - store->committed < store->commit_seconds) return true;
  return hw_store_flush(store, err);
}

bool hw_store_chunks_done(hw_store *store, size_t n_chunks, bool *done, int64_t *n_prompts, int64_t *n_failed,
                          hw_error *err) {
  if (n_chunks) memset(done, 0, n_chunks * sizeof *done);
  *n_prompts = *n_failed = 0;
  sqlite3_stmt *s = hw_store_statement(store, HW_SELECT_CHUNKS, err);
  if (!s) return false;
  int rc;
  bool ok = true;
  while (ok && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    int64_t chunk = sqlite3_column_int64(s, 0);
    if (chunk < 0 || (uint64_t)chunk >= n_chunks) {
      ok = hw_fail(err, HW_ERROR_INPUT, "%s: holds chunk %" PRId64 ", but the data set has only %zu", store->path, chunk,
                   n_chunks);
      break;
    }
    done[chunk] = true;
    *n_prompts += sqlite3_column_int64(s, 1);
    *n_failed += sqlite3_column_int64(s, 2);
  }
  if (ok && rc != SQLITE_DONE) ok = hw_store_fail(store, "read which chunks it holds", err);
  (void)sqlite3_reset(s);
  return ok;
}

/* ---- vocabulary ---- */

/* UTF-8 for people: every byte that is none becomes U+FFFD, NUL as well. */
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
    sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_TOKEN, err);
    if (!s) return false;
    hw_bind_integers(s, 1, (int64_t[]){(int64_t)i}, 1);
    readable(text, pieces[i], lengths[i]);
    if (!hw_buffer_check(text, err)) return false;
    hw_bind_text(s, 2, text->data ? text->data : "", text->length);
    if (text->length != lengths[i] || (lengths[i] && memcmp(text->data, pieces[i], lengths[i]) != 0))
      hw_bind_blob(s, 3, pieces[i], lengths[i]);
    if (!hw_store_run(store, s, "store the vocabulary", err)) return false;
  }
  return true;
}

bool hw_store_put_vocabulary(hw_store *store, size_t n, const char *const *pieces, const size_t *lengths, hw_error *err) {
  int64_t there;
  if (!hw_store_integer(store, "SELECT EXISTS (SELECT 1 FROM token)", &there, err)) return false;
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

/* ---- projections of neurons ---- */

bool hw_store_pending_neurons(hw_store *store, size_t limit, uint16_t *layers, uint32_t *neurons, size_t *n,
                              hw_error *err) {
  *n = 0;
  if (!hw_store_flush(store, err)) return false;
  sqlite3_stmt *s = hw_store_statement(store, HW_PENDING_NEURONS, err);
  if (!s) return false;
  hw_bind_integers(s, 1, (int64_t[]){limit > INT32_MAX ? INT32_MAX : (int64_t)limit}, 1);
  int rc;
  while ((rc = sqlite3_step(s)) == SQLITE_ROW && *n < limit) {
    layers[*n] = (uint16_t)sqlite3_column_int(s, 0);
    neurons[(*n)++] = (uint32_t)sqlite3_column_int64(s, 1);
  }
  bool ok = rc == SQLITE_DONE || hw_store_fail(store, "read its neurons", err);
  (void)sqlite3_reset(s);
  return ok;
}

static bool put_neuron_tokens(hw_store *store, const hw_projection *row, int sign, hw_error *err) {
  const int32_t *ids = sign > 0 ? row->promotes : row->suppresses;
  const float *scores = sign > 0 ? row->promote_scores : row->suppress_scores;
  for (int64_t k = 0; k < row->k; k++) {
    if (!(fabs((double)scores[k]) <= 1e9))
      return hw_fail(err, HW_ERROR_INPUT, "neuron %u of layer %u: a score that is not finite", row->index, row->layer);
    sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_NEURON_TOKEN, err);
    if (!s) return false;
    hw_bind_integers(
        s, 1, (int64_t[]){row->layer, row->index, sign, k + 1, ids[k], llround((double)scores[k] * HW_SCORE_UNIT)}, 6);
    if (!hw_store_run(store, s, "store what a neuron says", err)) return false;
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
  hw_store_rollback(store);
  return false;
}
