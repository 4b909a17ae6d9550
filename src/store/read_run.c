/* SPDX-License-Identifier: Apache-2.0
 * The run's identity and its vocabulary, read back. */
#include <string.h>

#include "sqlite/connection.h"
#include "headwater/store.h"

/* A list of texts, one a row, of n_columns columns each: lists[c][row]. */
static bool read_lists(hw_store *store, const char *name, const int *columns, int n_columns, hw_arena *arena, const char ***lists,
                       size_t *n, hw_error *err) {
  hw_statement s;
  bool row = false, ok = hw_statement_open(&s, store, name, err);
  for (*n = 0; ok && (ok = hw_statement_step(&s, &row, err)) && row;) (*n)++;
  for (int c = 0; c < n_columns && ok; c++) ok = (lists[c] = hw_arena_new(arena, const char *, *n, err)) != NULL;
  if (ok) hw_statement_rewind(&s);
  for (size_t i = 0; ok && i < *n && (ok = hw_statement_step(&s, &row, err)) && row; i++)
    for (int c = 0; c < n_columns && ok; c++) {
      size_t length;
      ok = hw_column_copy(&s, columns[c], arena, &lists[c][i], &length, err);
    }
  hw_statement_close(&s);
  return ok;
}

static bool read_facts(hw_store *store, hw_arena *arena, hw_run_info *info, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "reader/run.sql", err) && hw_statement_step(&s, &row, err) &&
                 (row || hw_fail(err, HW_ERROR_INPUT, "%s: the table run is empty", store->path));
  const char **texts[] = {&info->fingerprint, &info->model_name, &info->model_family, &info->model_fingerprint,
                          &info->tokenizer_fingerprint, &info->dataset_name, &info->dataset_fingerprint};
  for (int c = 0; c < 7 && ok; c++) {
    size_t length;
    ok = hw_column_copy(&s, c, arena, texts[c], &length, err);
  }
  if (ok) {
    uint32_t *numbers[] = {&info->n_layers, &info->n_heads, &info->n_kv_heads, &info->d_model, &info->d_ffn, &info->vocab_size};
    info->n_prompts = hw_column_integer(&s, 7);
    for (int i = 0; i < 6; i++) *numbers[i] = (uint32_t)hw_column_integer(&s, 8 + i);
    info->parallel_block = hw_column_integer(&s, 14) != 0;
    info->threshold = hw_column_real(&s, 15);
    info->floor = hw_column_real(&s, 16);
    info->neuron_threshold = hw_column_real(&s, 17);
  }
  hw_statement_close(&s);
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
  if (!hw_store_integer(store, "reader/last_token.sql", &last, err)) return false;
  *n = (size_t)(last + 1);
  *pieces = hw_arena_znew(arena, const char *, *n, err);
  *lengths = hw_arena_znew(arena, size_t, *n, err);
  hw_statement s;
  if (!*pieces || !*lengths) return false;
  bool row, ok = hw_statement_open(&s, store, "reader/tokens.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    size_t id = (size_t)hw_column_integer(&s, 0);
    int column = hw_column_is_null(&s, 2) ? 1 : 2; /* bytes, where the text does not tell them */
    ok = hw_column_copy(&s, column, arena, &(*pieces)[id], &(*lengths)[id], err);
  }
  hw_statement_close(&s);
  return ok;
}

bool hw_store_count_chunks(hw_store *store, int64_t *n, hw_error *err) {
  return hw_store_integer(store, "reader/count_chunks.sql", n, err);
}
