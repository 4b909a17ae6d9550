/* SPDX-License-Identifier: Apache-2.0
 * Opening a database for a run or for reading, and closing it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/difference.h"
#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "codec/codec.h"
#include "sqlite/connection.h"
#include "sqlite/wait.h"
#include "functions/functions.h"
#include "sqlite/sql.h"
#include "store/marginal.h"
#include "store/migrate.h"
#include "store/wide.h"
#include "store/writer.h"
#include "headwater/store.h"

static bool check_limits(const hw_run_info *info, hw_error *err) {
  if (info->n_layers < 1 || info->n_layers > HW_MAX_LAYERS || info->n_heads < 1 || info->n_heads > HW_MAX_HEADS)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "a model of %u layers and %u heads: a store holds at most %d and %d",
                   info->n_layers, info->n_heads, HW_MAX_LAYERS, HW_MAX_HEADS);
  if (info->n_roles > 64) return hw_fail(err, HW_ERROR_UNSUPPORTED, "%zu roles: a store holds at most 64", info->n_roles);
  return true;
}

bool hw_store_check_graphs(int64_t n_graphs, hw_error *err) {
  if (n_graphs <= HW_MOST_GRAPHS) return true;
  return hw_fail(err, HW_ERROR_UNSUPPORTED, "%" PRId64 " graphs: one database holds at most %" PRId64 "; split the data set, or trace fewer targets",
                 n_graphs, HW_MOST_GRAPHS);
}

/* ---- making a new database ---- */

static bool insert_run(hw_store *store, const hw_run_info *info, hw_error *err) {
  hw_statement *s = hw_store_statement(store, "writer/insert_run.sql", err);
  if (!s) return false;
  const struct {
    const char *name, *text;
  } texts[] = {{":fingerprint", info->fingerprint},
               {":model_name", info->model_name},
               {":model_family", info->model_family},
               {":model_fingerprint", info->model_fingerprint},
               {":tokenizer_fingerprint", info->tokenizer_fingerprint},
               {":dataset_name", info->dataset_name},
               {":dataset_fingerprint", info->dataset_fingerprint}};
  const struct {
    const char *name;
    int64_t value;
  } numbers[] = {{":n_prompts", info->n_prompts},   {":n_layers", info->n_layers}, {":n_heads", info->n_heads},
                 {":n_kv_heads", info->n_kv_heads}, {":d_model", info->d_model},   {":d_ffn", info->d_ffn},
                 {":vocab_size", info->vocab_size}, {":parallel_block", info->parallel_block}};
  hw_bind_integer(s, ":run_id", 1);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) hw_bind_string(s, texts[i].name, texts[i].text ? texts[i].text : "");
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) hw_bind_integer(s, numbers[i].name, numbers[i].value);
  hw_bind_real(s, ":threshold", info->threshold);
  hw_bind_real(s, ":floor", info->floor);
  hw_bind_real(s, ":neuron_threshold", info->neuron_threshold);
  return hw_statement_run(s, "store the run", err);
}

static bool insert_settings(hw_store *store, const hw_run_info *info, hw_error *err) {
  for (size_t i = 0; i < info->n_settings; i++) {
    hw_statement *s = hw_store_statement(store, "writer/insert_setting.sql", err);
    if (!s) return false;
    hw_bind_string(s, ":name", info->setting_names[i]);
    hw_bind_string(s, ":value", info->setting_values[i]);
    if (!hw_statement_run(s, "store the settings", err)) return false;
  }
  return true;
}

static bool insert_group(hw_store *store, size_t group, const char *name, bool marginal, hw_error *err) {
  hw_statement *s = hw_store_statement(store, "writer/insert_prompt_group.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":group_id", (int64_t)group);
  hw_bind_string(s, ":name", name);
  hw_bind_integer(s, ":marginal", marginal);
  return hw_statement_run(s, "store the groups", err);
}

static bool insert_group_value(hw_store *store, const hw_run_info *info, size_t group, size_t cell, size_t column, hw_error *err) {
  hw_statement *s = hw_store_statement(store, "writer/insert_group_value.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":group_id", (int64_t)group);
  hw_bind_integer(s, ":column_id", (int64_t)column);
  hw_bind_string(s, ":column_name", info->group_columns[column]);
  hw_bind_string(s, ":value", info->group_values[cell * info->n_group_columns + column]);
  return hw_statement_run(s, "store the groups", err);
}

static bool insert_member(hw_store *store, size_t group, size_t cell, hw_error *err) {
  hw_statement *s = hw_store_statement(store, "writer/insert_group_member.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":group_id", (int64_t)group);
  hw_bind_integer(s, ":member_id", (int64_t)cell);
  return hw_statement_run(s, "store the groups", err);
}

static bool insert_marginal(hw_store *store, const hw_run_info *info, const hw_marginals *marginals, size_t m, hw_error *err) {
  size_t group = marginals->n_cells + m, cell = marginals->first[m];
  hw_buffer name;
  hw_buffer_init(&name);
  bool ok = true;
  for (size_t c = 0; c < info->n_group_columns; c++)
    if (hw_marginal_keeps(info, marginals, m, c))
      hw_buffer_printf(&name, "%s%s=%s", name.length ? "," : "", info->group_columns[c], info->group_values[cell * info->n_group_columns + c]);
  ok = hw_buffer_check(&name, err) && insert_group(store, group, name.data, true, err);
  hw_buffer_fini(&name);
  for (size_t c = 0; ok && c < info->n_group_columns; c++)
    if (hw_marginal_keeps(info, marginals, m, c)) ok = insert_group_value(store, info, group, cell, c, err);
  for (size_t i = 0; ok && i < marginals->n_cells * marginals->n_columns; i++)
    if (marginals->of_cell[i] == m) ok = insert_member(store, group, i / marginals->n_columns, err);
  return ok;
}

static bool insert_groups(hw_store *store, const hw_run_info *info, hw_error *err) {
  for (size_t g = 0; g < info->n_groups; g++) {
    if (!insert_group(store, g, info->group_names[g], false, err) || !insert_member(store, g, g, err)) return false;
    for (size_t c = 0; c < info->n_group_columns; c++)
      if (!insert_group_value(store, info, g, g, c, err)) return false;
  }
  hw_marginals marginals;
  bool ok = hw_marginals_find(info, &marginals, err);
  for (size_t m = 0; ok && m < marginals.n; m++) ok = insert_marginal(store, info, &marginals, m, err);
  hw_marginals_fini(&marginals);
  return ok;
}

static bool insert_roles(hw_store *store, const hw_run_info *info, hw_error *err) {
  for (size_t r = 0; r < info->n_roles; r++) {
    hw_statement *s = hw_store_statement(store, "writer/insert_role.sql", err);
    if (!s) return false;
    hw_bind_integer(s, ":role_id", (int64_t)r);
    hw_bind_string(s, ":name", info->role_names[r]);
    if (!hw_statement_run(s, "store the roles", err)) return false;
  }
  return true;
}

static bool insert_heads(hw_store *store, const hw_run_info *info, hw_error *err) {
  for (int64_t layer = 0; layer < info->n_layers; layer++)
    for (int64_t head = 0; head < info->n_heads; head++) {
      hw_statement *s = hw_store_statement(store, "writer/insert_head.sql", err);
      if (!s) return false;
      hw_bind_integer(s, ":layer", layer);
      hw_bind_integer(s, ":head", head);
      if (!hw_statement_run(s, "store the run", err)) return false;
    }
  return true;
}

bool hw_store_create_tables(hw_store *store, hw_error *err) {
  char identity[128];
  (void)snprintf(identity, sizeof identity, "PRAGMA application_id = %d; PRAGMA user_version = %d", HW_APPLICATION_ID,
                 HW_SCHEMA_VERSION);
  return hw_store_exec(store, identity, "create it", err) && hw_store_exec(store, hw_sql("schema.sql"), "create its tables", err) &&
         hw_store_exec(store, hw_sql("views.sql"), "create its views", err) && hw_wide_make(store, err);
}

static bool create(hw_store *store, const hw_run_info *info, hw_error *err) {
  if (!hw_store_begin(store, err)) return false;
  bool ok = hw_store_create_tables(store, err) && insert_run(store, info, err) &&
            insert_settings(store, info, err) && insert_groups(store, info, err) && insert_roles(store, info, err) &&
            insert_heads(store, info, err);
  store->version = HW_SCHEMA_VERSION;
  if (ok) return hw_store_commit(store, err);
  hw_store_rollback(store);
  return false;
}

/* ---- is it the same run? ---- */

static bool compare_settings(hw_store *store, const hw_run_info *info, hw_buffer *list, hw_error *err) {
  hw_statement s;
  bool *seen = calloc(info->n_settings + 1, sizeof *seen), row;
  if (!seen) return hw_fail_memory(err, "the settings");
  bool ok = hw_statement_open(&s, store, "reader/settings.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    const char *name = hw_column_text(&s, 0), *value = hw_column_text(&s, 1);
    if (!name || !value) ok = hw_fail_memory(err, "the settings");
    size_t i = 0;
    while (ok && i < info->n_settings && strcmp(name, info->setting_names[i]) != 0) i++;
    seen[i] = true;
    if (ok && (i == info->n_settings || strcmp(value, info->setting_values[i]) != 0))
      hw_note_difference(list, name, value, i == info->n_settings ? NULL : info->setting_values[i]);
  }
  for (size_t i = 0; ok && i < info->n_settings; i++)
    if (!seen[i]) hw_note_difference(list, info->setting_names[i], NULL, info->setting_values[i]);
  hw_statement_close(&s);
  free(seen);
  return ok;
}

bool hw_store_check_run(hw_store *store, const hw_run_info *info, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "reader/run.sql", err) && hw_statement_step(&s, &row, err) &&
                 (row || hw_fail(err, HW_ERROR_INPUT, "%s: the table run is empty", store->path));
  char prompts[32];
  (void)snprintf(prompts, sizeof prompts, "%" PRId64, info->n_prompts);
  const struct {
    int column; /* of reader/run.sql */
    const char *what, *here;
  } facts[] = {{1, "model", info->model_name},
               {3, "model fingerprint", info->model_fingerprint},
               {4, "tokenizer fingerprint", info->tokenizer_fingerprint},
               {5, "data set", info->dataset_name},
               {6, "data set fingerprint", info->dataset_fingerprint},
               {7, "number of prompts", prompts}};
  const char *fingerprint = ok ? hw_column_text(&s, 0) : NULL;
  if (ok && (!fingerprint || strcmp(fingerprint, info->fingerprint) != 0)) {
    ok = false;
    hw_buffer list;
    hw_buffer_init(&list);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
      const char *there = hw_column_text(&s, facts[i].column), *here = facts[i].here ? facts[i].here : "";
      if (!there || strcmp(there, here) != 0) hw_note_difference(&list, facts[i].what, there, here);
    }
    if (compare_settings(store, info, &list, err)) {
      if (!list.length) hw_note_difference(&list, "the run's fingerprint", hw_column_text(&s, 0), info->fingerprint);
      hw_fail(err, HW_ERROR_INPUT, "%s: holds another run: %s", store->path, list.data ? list.data : "");
    }
    hw_buffer_fini(&list);
  }
  hw_statement_close(&s);
  return ok;
}

/* ---- opening ---- */

static void bind_shard(hw_statement *s, const hw_process_info *process) {
  const struct {
    const char *name;
    int64_t value;
  } numbers[] = {{":shard", process->shard}, {":n_shards", process->n_shards}, {":shard_prompts", process->shard_prompts}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (process->n_shards > 1) hw_bind_integer(s, numbers[i].name, numbers[i].value);
    else hw_bind_null(s, numbers[i].name);
}

static bool insert_process(hw_store *store, const hw_process_info *process, hw_error *err) {
  hw_statement *s = hw_store_statement(store, "writer/insert_process.sql", err);
  if (!s) return false;
  char host[256] = "", started[32] = "";
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  time_t now = time(NULL);
  struct tm utc;
  if (gmtime_r(&now, &utc)) (void)strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &utc);
  hw_bind_string(s, ":host", host);
  hw_bind_integer(s, ":pid", getpid());
  hw_bind_string(s, ":started", started);
  hw_bind_integer(s, ":threads", process->threads);
  hw_bind_string(s, ":model_path", process->model_path ? process->model_path : "");
  hw_bind_string(s, ":dataset_path", process->dataset_path ? process->dataset_path : "");
  hw_bind_string(s, ":program_version", process->program_version ? process->program_version : "");
  hw_bind_string(s, ":blas_kernel", process->blas_kernel ? process->blas_kernel : "");
  hw_bind_integer(s, ":batch_invariant", process->batch_invariant);
  hw_bind_integer(s, ":prompts_done", 0);
  bind_shard(s, process);
  if (!hw_statement_run(s, "note this process", err)) return false;
  store->process_id = sqlite3_last_insert_rowid(store->db);
  return true;
}

static bool check_kernel(hw_store *store, const hw_process_info *process, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "open/other_kernel.sql", err);
  if (ok) hw_bind_string(&s, ":kernel", process->blas_kernel);
  ok = ok && hw_statement_step(&s, &row, err);
  if (ok && row)
    ok = hw_fail(err, HW_ERROR_INPUT, "%s: its prompts were computed with %s, these would be with %.*s, whose bits may differ: set OPENBLAS_CORETYPE as there, or give --allow-mixed-kernels",
                 store->path, hw_column_text(&s, 0), (int)strcspn(process->blas_kernel, ","), process->blas_kernel);
  hw_statement_close(&s);
  return ok;
}

/* SQLite does not call the busy handler for a change of the journal mode. */
static bool use_log(hw_store *store, hw_error *err) {
  hw_error why;
  hw_store_begin_wait(store, HW_WAIT_LOCK);
  while (!hw_store_exec(store, "PRAGMA journal_mode = WAL", "set it up", &why))
    if ((sqlite3_errcode(store->db) & 0xff) != SQLITE_BUSY || !hw_store_wait_busy(store)) return hw_pass_error(err, &why);
  return true;
}

bool hw_store_set_up_writer(hw_store *store, bool durable, hw_error *err) {
  /* page_size must come before the first table and before WAL. A graph takes 3 to 5 kB with small models: pages of 8 kB would often hold one
   * graph and be half empty. */
  if (!hw_store_exec(
          store,
          "PRAGMA page_size = 4096; PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY",
          "set it up", err) ||
      !hw_store_set_cache(store, HW_WRITER_CACHE_KILOBYTES, err) ||
      !use_log(store, err) ||
      !hw_store_exec(store, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", "set it up", err))
    return false;
  if (hw_register_functions(store->db) == SQLITE_OK && hw_connect_functions(store->db) == SQLITE_OK) return true;
  return hw_store_fail(store, "register the hw_ functions", err);
}

static bool set_up_run(hw_store *store, hw_file_state state, const hw_run_info *info, const hw_process_info *process, bool durable,
                       hw_error *err) {
  /* The file of another run is refused before anything is written to it; setting the journal mode writes. */
  if (state == HW_FILE_OURS && (!hw_store_check_run(store, info, err) || !hw_store_check_shard(store, process->shard, process->n_shards, err) ||
                                (process->kernel_matters && !check_kernel(store, process, err))))
    return false;
  if (!hw_store_set_up_writer(store, durable, err)) return false;
  if (state == HW_FILE_EMPTY ? !create(store, info, err) : !hw_store_migrate(store, err)) return false;
  return insert_process(store, process, err);
}

bool hw_store_open_run(const char *path, const hw_run_info *info, const hw_process_info *process, bool durable,
                       hw_store **out, hw_error *err) {
  *out = NULL;
  hw_store *store;
  hw_file_state state;
  if (!check_limits(info, err) ||
      !hw_store_connect(path ? path : "the trial database", path ? HW_OPEN_CREATE : HW_OPEN_MEMORY, process->hooks, &store, &state, err))
    return false;
  if (set_up_run(store, state, info, process, durable, err)) {
    *out = store;
    return true;
  }
  hw_store_discard(store);
  return false;
}

bool hw_store_bytes(hw_store *store, int64_t *bytes, hw_error *err) {
  return hw_store_integer(store, "writer/database_bytes.sql", bytes, err);
}

bool hw_store_open_read(const char *path, hw_store **out, hw_error *err) { return hw_store_open_read_waiting(path, NULL, out, err); }

enum { MOST_VALUE_BYTES = 1 << 28 }; /* of one text or blob that a reading statement makes */

bool hw_store_open_read_waiting(const char *path, const hw_hooks *hooks, hw_store **out, hw_error *err) {
  *out = NULL;
  hw_store *store;
  hw_file_state state;
  if (!hw_store_connect(path, HW_OPEN_READ, hooks, &store, &state, err)) return false;
  (void)sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, MOST_VALUE_BYTES);
  bool ok = true;
  if (hw_register_functions(store->db) != SQLITE_OK || hw_connect_functions(store->db) != SQLITE_OK || hw_make_temp_views(store->db) != SQLITE_OK)
    ok = hw_store_fail(store, "register the hw_ functions", err);
  ok = ok &&
       hw_store_exec(
           store,
           "PRAGMA cache_size = -65536; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON",
           "open it", err);
  if (ok) *out = store;
  else hw_store_free(store);
  return ok;
}

bool hw_store_set_cache(hw_store *store, size_t kilobytes, hw_error *err) {
  char pragma[64];
  (void)snprintf(pragma, sizeof pragma, "PRAGMA cache_size = -%zu", kilobytes);
  return hw_store_exec(store, pragma, "set it up", err);
}

/* Copies the write-ahead log into the database; *busy: a reader of an older state keeps a part of it there. */
static bool copy_log(hw_store *store, bool *busy, hw_error *err) {
  hw_statement s;
  bool ok = hw_statement_open(&s, store, "open/copy_log.sql", err);
  errno = 0;
  int rc = ok ? sqlite3_step(s.sqlite) : SQLITE_OK;
  if (ok && rc != SQLITE_ROW) ok = hw_store_fail(store, "fold in its log", err);
  *busy = ok && hw_column_integer(&s, 0);
  hw_statement_close(&s);
  return ok;
}

static void tell_open(const hw_store *store) {
  hw_buffer line;
  if (!store->hooks || !store->hooks->notice) return;
  char *log = hw_path_beside(store->path, "-wal");
  hw_buffer_init(&line);
  hw_buffer_printf(&line, "%s: another program has it open, so %s, which is empty, stays: once that program has ended, the same command again or headwater pack %s removes it",
                   store->path, log ? log : "its log", store->path);
  if (!line.failed) store->hooks->notice(store->hooks->context, line.data);
  hw_buffer_fini(&line);
  free(log);
}

/* Without its log the database is one file. Another program that has it open keeps the log, which is empty. */
static bool remove_log(hw_store *store, hw_error *err) {
  hw_statement s;
  bool ok = hw_statement_open(&s, store, "open/remove_log.sql", err);
  int rc = SQLITE_OK;
  if (ok) hw_store_begin_wait(store, HW_WAIT_LOCK);
  do {
    errno = 0;
    (void)sqlite3_reset(s.sqlite);
    if (ok && (rc = sqlite3_step(s.sqlite)) == SQLITE_ROW) rc = sqlite3_step(s.sqlite); /* writes the new mode into the file */
  } while ((rc & 0xff) == SQLITE_BUSY && hw_store_wait_more(store, HW_BUSY_SECONDS));
  if ((rc & 0xff) == SQLITE_BUSY) tell_open(store);
  else if (ok && rc != SQLITE_DONE) ok = hw_store_fail(store, "remove its log", err);
  hw_statement_close(&s);
  return ok;
}

static bool fail_busy(const hw_store *store, hw_error *err) {
  char *log = hw_path_beside(store->path, "-wal");
  if (!log) return hw_fail_memory(err, "the name of a file");
  (void)hw_fail(err, hw_asked_to_stop(store->hooks) ? HW_ERROR_INTERRUPTED : HW_ERROR_IO,
                "%s: nothing is lost, but its log %s could not be folded in because another program reads an older state: the two files belong "
                "together until the same command again, or headwater pack %s, has folded it in",
                store->path, log, store->path);
  free(log);
  return false;
}

static bool finish(hw_store *store, hw_error *err) {
  bool busy;
  (void)sqlite3_busy_timeout(store->db, HW_BUSY_SECONDS * 1000); /* so long a log waits for readers also after a stop */
  hw_store_begin_wait(store, "another program reads an older state of it, so its log cannot be folded in yet");
  do {
    if (!copy_log(store, &busy, err)) return false;
  } while (busy && hw_store_wait_busy(store));
  return busy ? fail_busy(store, err) : remove_log(store, err);
}

bool hw_store_close(hw_store *store, bool is_complete, hw_error *err) {
  if (!store) return true;
  bool ok = hw_store_flush(store, err);
  /* SQLite does not change the journal mode while a statement is open. */
  while (store->n_statements) hw_statement_close(&store->statements[--store->n_statements]);
  hw_wide_forget(store);
  ok = ok && (!is_complete || store->lock < 0 || finish(store, err));
  hw_store_free(store);
  return ok;
}
