/* SPDX-License-Identifier: Apache-2.0
 * The run's identity and its vocabulary, read back. */
#include <string.h>

#include "store/reading.h"
#include "sqlite/sql.h"
#include "headwater/store.h"

sqlite3_stmt *hw_reading_begin(hw_store *store, const char *name, hw_error *err) {
  sqlite3_stmt *statement = NULL;
  const char *sql = hw_sql(name);
  if (!sql || sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK) {
    hw_store_fail(store, name, err);
    return NULL;
  }
  return statement;
}

int hw_reading_step(hw_store *store, sqlite3_stmt *statement, hw_error *err) {
  int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) return 1;
  if (code == SQLITE_DONE) return 0;
  hw_store_fail(store, "read", err);
  return -1;
}

void hw_reading_end(sqlite3_stmt *statement) { (void)sqlite3_finalize(statement); }

bool hw_reading_text(sqlite3_stmt *statement, int column, hw_arena *arena, const char **text, size_t *length, hw_error *err) {
  *text = NULL;
  *length = 0;
  if (sqlite3_column_type(statement, column) == SQLITE_NULL) return true;
  const void *bytes = sqlite3_column_blob(statement, column);
  *length = (size_t)sqlite3_column_bytes(statement, column);
  *text = hw_arena_copy(arena, bytes ? bytes : "", *length, err);
  return *text != NULL;
}

/* A list of texts, one a row, of n_columns columns each: lists[c][row]. */
static bool read_lists(hw_store *store, const char *name, const int *columns, int n_columns, hw_arena *arena, const char ***lists,
                       size_t *n, hw_error *err) {
  sqlite3_stmt *s = hw_reading_begin(store, name, err);
  if (!s) return false;
  int more = 0;
  *n = 0;
  while ((more = hw_reading_step(store, s, err)) > 0) (*n)++;
  bool ok = more == 0;
  for (int c = 0; c < n_columns && ok; c++) ok = (lists[c] = hw_arena_new(arena, const char *, *n, err)) != NULL;
  (void)sqlite3_reset(s);
  for (size_t row = 0; ok && row < *n && hw_reading_step(store, s, err) > 0; row++)
    for (int c = 0; c < n_columns && ok; c++) {
      size_t length;
      ok = hw_reading_text(s, columns[c], arena, &lists[c][row], &length, err);
    }
  hw_reading_end(s);
  return ok;
}

static bool read_facts(hw_store *store, hw_arena *arena, hw_run_info *info, hw_error *err) {
  sqlite3_stmt *s = hw_reading_begin(store, "reader/run.sql", err);
  if (!s) return false;
  int more = hw_reading_step(store, s, err);
  bool ok = more > 0 || (more == 0 && hw_fail(err, HW_ERROR_INPUT, "%s: the table run is empty", store->path));
  const char **texts[] = {&info->fingerprint, &info->model_name, &info->model_family, &info->model_fingerprint,
                          &info->tokenizer_fingerprint, &info->dataset_name, &info->dataset_fingerprint};
  for (int c = 0; c < 7 && ok; c++) {
    size_t length;
    ok = hw_reading_text(s, c, arena, texts[c], &length, err);
  }
  if (ok) {
    uint32_t *numbers[] = {&info->n_layers, &info->n_heads, &info->n_kv_heads, &info->d_model, &info->d_ffn, &info->vocab_size};
    info->n_prompts = sqlite3_column_int64(s, 7);
    for (int i = 0; i < 6; i++) *numbers[i] = (uint32_t)sqlite3_column_int64(s, 8 + i);
    info->parallel_block = sqlite3_column_int(s, 14) != 0;
    info->threshold = sqlite3_column_double(s, 15);
    info->floor = sqlite3_column_double(s, 16);
    info->neuron_threshold = sqlite3_column_double(s, 17);
  }
  hw_reading_end(s);
  return ok;
}

/* Rows come by group and column: every group has every column. */
static bool read_groups(hw_store *store, hw_arena *arena, hw_run_info *info, hw_error *err) {
  const char **names[1], **values[2];
  size_t n;
  if (!read_lists(store, "reader/groups.sql", (int[]){0}, 1, arena, names, &info->n_groups, err)) return false;
  info->group_names = names[0];
  if (!read_lists(store, "reader/group_values.sql", (int[]){2, 3}, 2, arena, values, &n, err)) return false;
  if (info->n_groups == 0 || n % info->n_groups)
    return hw_fail(err, HW_ERROR_INPUT, "%s: group_value has %zu rows for %zu groups", store->path, n, info->n_groups);
  info->n_group_columns = n / info->n_groups;
  info->group_columns = values[0];
  info->group_values = values[1];
  return true;
}

bool hw_store_read_run(hw_store *store, hw_arena *arena, hw_run_info *info, hw_error *err) {
  *info = (hw_run_info){0};
  const char **settings[2], **roles[1];
  if (!read_facts(store, arena, info, err) || !read_groups(store, arena, info, err) ||
      !read_lists(store, "reader/settings.sql", (int[]){0, 1}, 2, arena, settings, &info->n_settings, err) ||
      !read_lists(store, "reader/roles.sql", (int[]){0}, 1, arena, roles, &info->n_roles, err))
    return false;
  info->setting_names = settings[0];
  info->setting_values = settings[1];
  info->role_names = roles[0];
  return true;
}

bool hw_store_read_vocabulary(hw_store *store, hw_arena *arena, size_t *n, const char ***pieces, size_t **lengths, hw_error *err) {
  int64_t last;
  if (!hw_store_integer(store, "SELECT coalesce(max(token_id), -1) FROM token", &last, err)) return false;
  *n = (size_t)(last + 1);
  *pieces = hw_arena_znew(arena, const char *, *n, err);
  *lengths = hw_arena_znew(arena, size_t, *n, err);
  sqlite3_stmt *s = *pieces && *lengths ? hw_reading_begin(store, "reader/tokens.sql", err) : NULL;
  if (!s) return false;
  int more = 0;
  bool ok = true;
  while (ok && (more = hw_reading_step(store, s, err)) > 0) {
    size_t id = (size_t)sqlite3_column_int64(s, 0);
    int column = sqlite3_column_type(s, 2) == SQLITE_NULL ? 1 : 2; /* bytes, where the text does not tell them */
    ok = hw_reading_text(s, column, arena, &(*pieces)[id], &(*lengths)[id], err);
  }
  hw_reading_end(s);
  return ok && more == 0;
}

bool hw_store_count_chunks(hw_store *store, int64_t *n, hw_error *err) {
  return hw_store_integer(store, "SELECT coalesce(max(chunk_id), -1) + 1 FROM chunk", n, err);
}
