/* SPDX-License-Identifier: Apache-2.0 */
#include "check/rebuild.h"

#include <inttypes.h>
#include <string.h>

#include "base/progress.h"
#include "check/rules.h"
#include "graph/keys.h"

enum { FOREVER = 1000000000 };

bool hw_check_rebuild_init(hw_check_rebuild *r, hw_store *found, const hw_run_info *info, hw_check_model *model, hw_check_report *report,
                           const hw_hooks *hooks, hw_error *err) {
  *r = (hw_check_rebuild){.pair = {.found = found, .report = report}, .info = info, .model = model, .hooks = hooks};
  hw_process_info process = {.threads = 1};
  hw_arena_init(&r->arena);
  if (!hw_store_open_run(NULL, info, &process, false, &r->pair.wanted, err)) return false;
  hw_store_commit_every(r->pair.wanted, FOREVER);
  for (size_t i = 0; i < hw_n_check_rules; i++)
    if (!hw_store_has_table(r->pair.wanted, hw_check_rules[i].table, &r->pair.made[i], err)) return false;
  return true;
}

void hw_check_rebuild_fini(hw_check_rebuild *r) {
  if (r->pair.wanted) hw_store_rollback(r->pair.wanted);
  (void)hw_store_close(r->pair.wanted, false, NULL);
  hw_arena_fini(&r->arena);
}

/* ---- one chunk ---- */

static bool replay(hw_check_rebuild *r, hw_chunk_record *chunk, hw_error *err) {
  for (size_t p = 0; p < chunk->n_prompts; p++) {
    hw_graph_record *graphs = (hw_graph_record *)chunk->prompts[p].graphs; /* the chunk's own array, in our arena */
    for (size_t g = 0; g < chunk->prompts[p].n_graphs; g++)
      if (!hw_graph_record_replay(&graphs[g], r->info, r->info->threshold, &r->arena, err)) return false;
  }
  return true;
}

/* The rows of a chunk again. *whole is false when they cannot be read: that is reported. */
static bool make_chunk(hw_check_rebuild *r, int64_t index, bool *found, bool *whole, hw_chunk_record *chunk, hw_error *err) {
  hw_error why = {0};
  hw_encoded_chunk *encoded = NULL;
  hw_arena_reset(&r->arena);
  *whole = hw_store_read_chunk(r->pair.found, r->info, index, &r->arena, found, chunk, &why);
  if (*whole && !*found) return true;
  *whole = *whole && replay(r, chunk, &why) && hw_encode_chunk(chunk, r->info, &encoded, &why) && hw_store_put_chunk(r->pair.wanted, encoded, &why);
  hw_encoded_chunk_free(encoded);
  if (*whole) return true;
  if (why.kind != HW_ERROR_INPUT && why.kind != HW_ERROR_UNSUPPORTED) return *err = why, false;
  r->incomplete = true;
  hw_check_differs(r->pair.report, "chunk %" PRId64 " cannot be made again: %s", index, why.message);
  return true;
}

static bool compare_chunk(hw_check_rebuild *r, const hw_chunk_record *chunk, hw_error *err) {
  int64_t first = chunk->first_prompt, last = first + (int64_t)chunk->n_prompts - 1;
  for (size_t i = 0; i < hw_n_check_rules; i++) {
    const hw_check_rule *rule = &hw_check_rules[i];
    int64_t *n = &r->n_rows[i];
    bool ok = true;
    if (!r->pair.made[i]) continue;
    if (rule->kind == HW_CHECK_CHUNK) ok = hw_check_compare_rows(&r->pair, rule->table, "chunk_id", chunk->chunk_index, chunk->chunk_index, n, err);
    if (rule->kind == HW_CHECK_PROMPTS) ok = hw_check_compare_rows(&r->pair, rule->table, "prompt_id", first, last, n, err);
    if (rule->kind == HW_CHECK_GRAPHS)
      ok = hw_check_compare_rows(&r->pair, rule->table, "graph_id", hw_graph_id(first, 0), hw_graph_id(last + 1, 0) - 1, n, err);
    if (rule->kind == HW_CHECK_INDEX) ok = hw_check_look_up_rows(&r->pair, rule->table, n, err);
    if (!ok) return false;
  }
  return true;
}

static bool check_chunk(hw_check_rebuild *r, int64_t index, hw_error *err) {
  hw_chunk_record chunk;
  bool found = true, whole;
  if (!make_chunk(r, index, &found, &whole, &chunk, err)) return false;
  if (!found) return true;
  r->n_chunks++;
  if (!whole) return true;
  if (!compare_chunk(r, &chunk, err)) return false;
  if (r->model && !hw_check_texts(r->model, &chunk, r->pair.report, err)) return false;
  r->n_prompts += (int64_t)chunk.n_prompts;
  return hw_check_forget_rows(&r->pair, err);
}

/* ---- the whole ---- */

/* Rows of an index that no chunk has made. */
static bool count_index(const hw_check_rebuild *r, const hw_check_rule *rule, int64_t n, hw_error *err) {
  hw_buffer sql;
  hw_buffer_init(&sql);
  hw_buffer_printf(&sql, "SELECT count(*) FROM main.\"%s\"", rule->table);
  hw_statement s = {0};
  bool row, ok = hw_buffer_check(&sql, err) && hw_statement_open_text(&s, r->pair.found, "check/columns.sql", sql.data, err) && hw_statement_step(&s, &row, err);
  if (ok && hw_column_integer(&s, 0) != n)
    hw_check_differs(r->pair.report, "%s: %" PRId64 " rows, wanted %" PRId64, rule->table, hw_column_integer(&s, 0), n);
  hw_statement_close(&s);
  hw_buffer_fini(&sql);
  return ok;
}

static bool compare_whole(hw_check_rebuild *r, hw_error *err) {
  for (size_t i = 0; i < hw_n_check_rules; i++) {
    const hw_check_rule *rule = &hw_check_rules[i];
    if (!r->pair.made[i]) continue;
    bool sums = rule->kind == HW_CHECK_SUMS && !r->incomplete, whole = rule->kind == HW_CHECK_WHOLE,
         of_model = rule->kind == HW_CHECK_MODEL && r->model;
    if ((sums || whole || of_model) && !hw_check_compare_rows(&r->pair, rule->table, NULL, 0, 0, &r->n_rows[i], err)) return false;
    if (rule->kind == HW_CHECK_INDEX && !r->incomplete && !count_index(r, rule, r->n_rows[i], err)) return false;
  }
  if (r->incomplete) hw_check_say(r->pair.report, "sums were not made again, as not every chunk can be read");
  return true;
}

bool hw_check_rebuild_all(hw_check_rebuild *r, hw_error *err) {
  int64_t n_chunks;
  if (!hw_store_count_chunks(r->pair.found, r->info, &n_chunks, err)) return false;
  for (int64_t c = 0; c < n_chunks; c++) {
    if (hw_asked_to_stop(r->hooks)) return hw_store_stopped(r->pair.found, err);
    if (!hw_check_reported(r->pair.report, err) || !check_chunk(r, c, err)) return false;
    hw_tell_progress(r->hooks, "prompts", r->n_prompts, r->info->n_prompts);
  }
  if (!hw_store_flush(r->pair.wanted, err)) return false;
  return (!r->model || hw_check_model_tables(r->model, &r->pair, err)) && compare_whole(r, err);
}
