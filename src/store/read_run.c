/* SPDX-License-Identifier: Apache-2.0
 * The run's identity and its vocabulary, read back. */
#include <stdio.h>
#include <string.h>

#include "codec/codec.h"
#include "store/checked.h"
#include "headwater/store.h"

/* A list of texts, one a row of the table, of n_columns columns each: lists[c][row]. */
static bool read_lists(hw_store *store, const char *name, const char *table, const int *columns, int n_columns, hw_arena *arena,
                       const char ***lists, size_t *n, hw_error *err) {
  hw_statement s;
  bool row = false, ok = hw_statement_open(&s, store, name, err);
  for (*n = 0; ok && (ok = hw_statement_step(&s, &row, err)) && row;) (*n)++;
  for (int c = 0; c < n_columns && ok; c++) ok = (lists[c] = hw_arena_new(arena, const char *, *n, err)) != NULL;
  if (ok) hw_statement_rewind(&s);
  for (size_t i = 0; ok && i < *n && (ok = hw_statement_step(&s, &row, err)) && row; i++)
    for (int c = 0; c < n_columns && ok; c++) {
      size_t length;
      ok = hw_checked_copy(&(hw_checked_row){&s, table, (int64_t)i, err}, columns[c], arena, &lists[c][i], &length);
    }
  hw_statement_close(&s);
  return ok;
}

static bool read_facts(hw_store *store, hw_arena *arena, hw_run_info *info, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "reader/run.sql", err) && hw_statement_step(&s, &row, err) &&
                 (row || hw_fail(err, HW_ERROR_INPUT, "%s: the table run is empty", store->path));
  hw_checked_row run = {&s, "run", 1, err};
  const char **texts[] = {&info->fingerprint, &info->model_name, &info->model_family, &info->model_fingerprint,
                          &info->tokenizer_fingerprint, &info->dataset_name, &info->dataset_fingerprint};
  for (int c = 0; c < 7 && ok; c++) {
    size_t length;
    ok = hw_checked_copy(&run, c, arena, texts[c], &length);
  }
  uint32_t parallel = 0;
  ok = ok && hw_checked_integer(&run, 7, 0, HW_MAX_PROMPT, &info->n_prompts) &&
       hw_checked_u32(&run, 8, 1, HW_MAX_LAYERS, &info->n_layers) && hw_checked_u32(&run, 9, 1, HW_MAX_HEADS, &info->n_heads) &&
       hw_checked_u32(&run, 10, 1, info->n_heads, &info->n_kv_heads) &&
       hw_checked_u32(&run, 11, 1, INT32_MAX, &info->d_model) && hw_checked_u32(&run, 12, 0, HW_MAX_NEURONS, &info->d_ffn) &&
       hw_checked_u32(&run, 13, 1, INT32_MAX, &info->vocab_size) && hw_checked_u32(&run, 14, 0, 1, &parallel) &&
       hw_checked_real(&run, 15, 0, 1, &info->threshold) && hw_checked_real(&run, 16, 0, info->threshold, &info->floor) &&
       hw_checked_real(&run, 17, 0, 1, &info->neuron_threshold);
  info->parallel_block = parallel != 0;
  hw_statement_close(&s);
  return ok;
}

/* Rows are sorted by group and column; every group has every column. */
static bool read_groups(hw_store *store, hw_arena *arena, hw_run_info *info, hw_error *err) {
  const char **names[1], **values[2];
  size_t n;
  if (!read_lists(store, "reader/groups.sql", "prompt_group", (int[]){0}, 1, arena, names, &info->n_groups, err)) return false;
  info->group_names = names[0];
  if (!read_lists(store, "reader/group_values.sql", "group_value", (int[]){2, 3}, 2, arena, values, &n, err)) return false;
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
      !read_lists(store, "reader/settings.sql", "setting", (int[]){0, 1}, 2, arena, settings, &info->n_settings, err) ||
      !read_lists(store, "reader/roles.sql", "role", (int[]){0}, 1, arena, roles, &info->n_roles, err))
    return false;
  info->setting_names = settings[0];
  info->setting_values = settings[1];
  info->role_names = roles[0];
  return true;
}

/* The one integer that a statement gives, at most `most`. */
static bool read_count(hw_store *store, const char *file, const char *table, int64_t most, int64_t *value, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, file, err) && hw_statement_step(&s, &row, err) &&
                 hw_checked_integer(&(hw_checked_row){&s, table, 0, err}, 0, -1, most, value);
  hw_statement_close(&s);
  return ok;
}

bool hw_store_read_vocabulary(hw_store *store, const hw_run_info *info, hw_arena *arena, size_t *n, const char ***pieces,
                              size_t **lengths, hw_error *err) {
  int64_t last;
  if (!read_count(store, "reader/last_token.sql", "token", (int64_t)info->vocab_size - 1, &last, err)) return false;
  *n = (size_t)(last + 1);
  *pieces = hw_arena_znew(arena, const char *, *n, err);
  *lengths = hw_arena_znew(arena, size_t, *n, err);
  hw_statement s;
  if (!*pieces || !*lengths) return false;
  bool row, ok = hw_statement_open(&s, store, "reader/tokens.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    int64_t id;
    int column = hw_column_is_null(&s, 2) ? 1 : 2; /* the exact bytes, stored where the text differs from them */
    ok = hw_checked_integer(&(hw_checked_row){&s, "token", hw_column_integer(&s, 0), err}, 0, 0, last, &id) &&
         hw_column_copy(&s, column, arena, &(*pieces)[id], &(*lengths)[id], err);
  }
  hw_statement_close(&s);
  return ok;
}

bool hw_store_count_chunks(hw_store *store, const hw_run_info *info, int64_t *n, hw_error *err) {
  return read_count(store, "reader/count_chunks.sql", "chunk", info->n_prompts, n, err); /* a chunk has at least one prompt */
}

bool hw_store_count_prompts(hw_store *store, hw_prompt_counts *counts, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "reader/count_prompts.sql", err) && hw_statement_step(&s, &row, err) &&
                 (row || hw_fail(err, HW_ERROR_INPUT, "%s: the table run is empty", store->path));
  if (ok) *counts = (hw_prompt_counts){hw_column_integer(&s, 0), hw_column_integer(&s, 1), hw_column_integer(&s, 2), hw_column_integer(&s, 3), hw_column_integer(&s, 4)};
  hw_statement_close(&s);
  return ok;
}

bool hw_store_count_relevances(hw_store *store, bool contrast, hw_relevance_counts *counts, hw_error *err) {
  hw_statement s = {0};
  *counts = (hw_relevance_counts){0};
  bool row, ok = hw_statement_open(&s, store, "reader/count_relevances.sql", err);
  if (ok) hw_bind_string(&s, ":mode", contrast ? "contrast" : "answer");
  if (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    const char *reason = hw_column_text(&s, 3);
    counts->n = hw_column_integer(&s, 0);
    counts->n_missing = hw_column_integer(&s, 1);
    counts->n_of_reason = hw_column_integer(&s, 2);
    (void)snprintf(counts->reason, sizeof counts->reason, "%s", reason ? reason : "");
  }
  hw_statement_close(&s);
  return ok;
}

const char *hw_run_setting(const hw_run_info *info, const char *name) {
  for (size_t i = 0; i < info->n_settings; i++)
    if (strcmp(info->setting_names[i], name) == 0) return info->setting_values[i];
  return "";
}
