/* SPDX-License-Identifier: Apache-2.0
 * Opening a database for a run or for reading, and closing it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "codec/codec.h"
#include "sqlite/connection.h"
#include "functions/functions.h"
#include "sqlite/sql.h"
#include "headwater/store.h"

/* How long to wait for a reader that is about to finish. */
enum { BUSY_MILLISECONDS = 5000 };

static bool check_limits(const hw_run_info *info, hw_error *err) {
  if (info->n_layers < 1 || info->n_layers > HW_MAX_LAYERS || info->n_heads < 1 || info->n_heads > HW_MAX_HEADS)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "a model of %u layers and %u heads: a store holds at most %d and %d",
                   info->n_layers, info->n_heads, HW_MAX_LAYERS, HW_MAX_HEADS);
  if (info->n_roles > 64) return hw_fail(err, HW_ERROR_UNSUPPORTED, "%zu roles: a store holds at most 64", info->n_roles);
  return true;
}

/* ---- making a new database ---- */

static bool insert_run(hw_store *store, const hw_run_info *info, hw_error *err) {
  sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_RUN, err);
  if (!s) return false;
  const char *texts[] = {info->fingerprint,           info->model_name,   info->model_family,       info->model_fingerprint,
                         info->tokenizer_fingerprint, info->dataset_name, info->dataset_fingerprint};
  hw_bind_integers(s, 1, (int64_t[]){1}, 1);
  for (int i = 0; i < 7; i++) hw_bind_text(s, 2 + i, texts[i] ? texts[i] : "", texts[i] ? strlen(texts[i]) : 0);
  hw_bind_integers(s, 9,
                   (int64_t[]){info->n_prompts, info->n_layers, info->n_heads, info->n_kv_heads, info->d_model, info->d_ffn,
                               info->vocab_size, info->parallel_block},
                   8);
  double thresholds[] = {info->threshold, info->floor, info->neuron_threshold};
  for (int i = 0; i < 3; i++) (void)sqlite3_bind_double(s, 17 + i, thresholds[i]);
  return hw_store_run(store, s, "store the run", err);
}

static bool insert_named(hw_store *store, hw_statement which, int64_t id, const char *name, hw_error *err) {
  sqlite3_stmt *s = hw_store_statement(store, which, err);
  if (!s) return false;
  hw_bind_integers(s, 1, &id, 1);
  hw_bind_text(s, 2, name, strlen(name));
  return hw_store_run(store, s, "store the run", err);
}

static bool insert_settings(hw_store *store, const hw_run_info *info, hw_error *err) {
  for (size_t i = 0; i < info->n_settings; i++) {
    sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_SETTING, err);
    if (!s) return false;
    hw_bind_text(s, 1, info->setting_names[i], strlen(info->setting_names[i]));
    hw_bind_text(s, 2, info->setting_values[i], strlen(info->setting_values[i]));
    if (!hw_store_run(store, s, "store the settings", err)) return false;
  }
  return true;
}

static bool insert_groups(hw_store *store, const hw_run_info *info, hw_error *err) {
  for (size_t g = 0; g < info->n_groups; g++) {
    if (!insert_named(store, HW_INSERT_PROMPT_GROUP, (int64_t)g, info->group_names[g], err)) return false;
    for (size_t c = 0; c < info->n_group_columns; c++) {
      sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_GROUP_VALUE, err);
      if (!s) return false;
      const char *value = info->group_values[g * info->n_group_columns + c];
      hw_bind_integers(s, 1, (int64_t[]){(int64_t)g, (int64_t)c}, 2);
      hw_bind_text(s, 3, info->group_columns[c], strlen(info->group_columns[c]));
      hw_bind_text(s, 4, value, strlen(value));
      if (!hw_store_run(store, s, "store the groups", err)) return false;
    }
  }
  for (size_t r = 0; r < info->n_roles; r++)
    if (!insert_named(store, HW_INSERT_ROLE, (int64_t)r, info->role_names[r], err)) return false;
  return true;
}

static bool insert_heads(hw_store *store, const hw_run_info *info, hw_error *err) {
  for (int64_t layer = 0; layer < info->n_layers; layer++)
    for (int64_t head = 0; head < info->n_heads; head++) {
      sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_HEAD, err);
      if (!s) return false;
      hw_bind_integers(s, 1, (int64_t[]){layer, head}, 2);
      if (!hw_store_run(store, s, "store the run", err)) return false;
    }
  return true;
}

static bool create(hw_store *store, const hw_run_info *info, hw_error *err) {
  char identity[128];
  (void)snprintf(identity, sizeof identity, "PRAGMA application_id = %d; PRAGMA user_version = %d", HW_APPLICATION_ID,
                 HW_SCHEMA_VERSION);
  if (!hw_store_begin(store, err)) return false;
  bool ok = hw_store_exec(store, identity, "create it", err) &&
            hw_store_exec(store, hw_sql("schema.sql"), "create its tables", err) &&
            hw_store_exec(store, hw_sql("views.sql"), "create its views", err) && insert_run(store, info, err) &&
            insert_settings(store, info, err) && insert_groups(store, info, err) && insert_heads(store, info, err);
  if (ok) return hw_store_commit(store, err);
  hw_store_rollback(store);
  return false;
}

/* ---- is it the same run? ---- */

/* Appends "what is 'there' there, 'here' here" to the list; stops at a few. */
static void note_difference(hw_buffer *list, const char *what, const char *there, const char *here) {
  enum { ENOUGH = 600 };
  if (list->length > ENOUGH) return;
  hw_buffer_append_string(list, list->length ? "; " : "");
  if (!there) hw_buffer_printf(list, "%s is absent there, '%.80s' here", what, here);
  else if (!here) hw_buffer_printf(list, "%s is '%.80s' there, absent here", what, there);
  else hw_buffer_printf(list, "%s is '%.80s' there, '%.80s' here", what, there, here);
}

static bool compare_settings(hw_store *store, const hw_run_info *info, hw_buffer *list, hw_error *err) {
  sqlite3_stmt *s = NULL;
  bool *seen = calloc(info->n_settings + 1, sizeof *seen);
  if (!seen) return hw_fail_memory(err, "the settings");
  int rc = sqlite3_prepare_v2(store->db, "SELECT name, value FROM setting ORDER BY name", -1, &s, NULL);
  while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(s, 0), *value = (const char *)sqlite3_column_text(s, 1);
    rc = name && value ? SQLITE_OK : SQLITE_NOMEM;
    size_t i = 0;
    while (i < info->n_settings && name && strcmp(name, info->setting_names[i]) != 0) i++;
    seen[i] = true;
    if (rc == SQLITE_OK && (i == info->n_settings || strcmp(value, info->setting_values[i]) != 0))
      note_difference(list, name, value, i == info->n_settings ? NULL : info->setting_values[i]);
  }
  for (size_t i = 0; i < info->n_settings && rc == SQLITE_DONE; i++)
    if (!seen[i]) note_difference(list, info->setting_names[i], NULL, info->setting_values[i]);
  (void)sqlite3_finalize(s);
  free(seen);
  return rc == SQLITE_DONE ? true : hw_store_fail(store, "read its settings", err);
}

static bool compare_run(hw_store *store, const hw_run_info *info, hw_error *err) {
  sqlite3_stmt *s = NULL;
  const char *sql =
      "SELECT fingerprint, model_name, model_fingerprint, tokenizer_fingerprint, dataset_name, dataset_fingerprint, "
      "n_prompts FROM run";
  if (sqlite3_prepare_v2(store->db, sql, -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW) {
    hw_store_fail(store, "read its run", err);
    (void)sqlite3_finalize(s);
    return false;
  }
  const char *what[] = {
      "", "model", "model fingerprint", "tokenizer fingerprint", "data set", "data set fingerprint", "number of prompts"};
  char prompts[32];
  (void)snprintf(prompts, sizeof prompts, "%" PRId64, info->n_prompts);
  const char *here[] = {
      info->fingerprint,         info->model_name, info->model_fingerprint, info->tokenizer_fingerprint, info->dataset_name,
      info->dataset_fingerprint, prompts};
  const char *fingerprint = (const char *)sqlite3_column_text(s, 0);
  bool ok = fingerprint && !strcmp(fingerprint, info->fingerprint);
  if (!ok) {
    hw_buffer list;
    hw_buffer_init(&list);
    for (int i = 1; i < 7; i++) {
      const char *there = (const char *)sqlite3_column_text(s, i), *mine = here[i] ? here[i] : "";
      if (!there || strcmp(there, mine) != 0) note_difference(&list, what[i], there, mine);
    }
    if (compare_settings(store, info, &list, err)) {
      if (!list.length) note_difference(&list, "the run's fingerprint", fingerprint, info->fingerprint);
      hw_fail(err, HW_ERROR_INPUT, "%s: holds another run: %s", store->path, list.data ? list.data : "");
    }
    hw_buffer_fini(&list);
  }
  (void)sqlite3_finalize(s);
  return ok;
}

/* ---- opening ---- */

static bool insert_process(hw_store *store, const hw_process_info *process, hw_error *err) {
  sqlite3_stmt *s = hw_store_statement(store, HW_INSERT_PROCESS, err);
  if (!s) return false;
  char host[256] = "", started[32] = "";
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  time_t now = time(NULL);
  struct tm utc;
  if (gmtime_r(&now, &utc)) (void)strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &utc);
  const char *texts[] = {process->model_path, process->dataset_path, process->program_version, process->blas_kernel};
  hw_bind_text(s, 1, host, strlen(host));
  hw_bind_integers(s, 2, (int64_t[]){getpid()}, 1);
  hw_bind_text(s, 3, started, strlen(started));
  hw_bind_integers(s, 4, (int64_t[]){process->threads}, 1);
  for (int i = 0; i < 4; i++) hw_bind_text(s, 5 + i, texts[i] ? texts[i] : "", texts[i] ? strlen(texts[i]) : 0);
  hw_bind_integers(s, 9, (int64_t[]){process->batch_invariant, 0}, 2);
  if (!hw_store_run(store, s, "note this process", err)) return false;
  store->process_id = sqlite3_last_insert_rowid(store->db);
  return true;
}

/* One writing process at a time. SQLite alone would let two take turns. */
static bool lock_file(hw_store *store, bool *created, hw_error *err) {
  struct stat status;
  *created = stat(store->path, &status) != 0;
  if (!*created && !S_ISREG(status.st_mode)) return hw_fail(err, HW_ERROR_INPUT, "%s: not a regular file", store->path);
  store->lock = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (store->lock < 0) {
    *created = false;
    return hw_fail(err, HW_ERROR_IO, "%s: cannot be written: %s", store->path, strerror(errno));
  }
  if (flock(store->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    *created = false; /* whoever holds it made it */
    return hw_fail(err, HW_ERROR_IO, "%s: another process is writing into it", store->path);
  }
  return true;
}

static bool open_run(hw_store *store, const hw_run_info *info, const hw_process_info *process, bool durable,
                     hw_error *err) {
  if (sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
    return hw_store_fail(store, "open it", err);
  (void)sqlite3_extended_result_codes(store->db, 1);
  (void)sqlite3_busy_timeout(store->db, BUSY_MILLISECONDS);
  hw_file_state state;
  if (!hw_store_check_file(store, &state, err)) return false;
  /* Another run's file is refused before anything is written, were it only its journal mode. */
  if (state == HW_FILE_OURS && !compare_run(store, info, err)) return false;
  /* page_size must come before the first table and before WAL. */
  if (!hw_store_exec(
          store,
          "PRAGMA page_size = 8192; PRAGMA cache_size = -65536; PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY",
          "set it up", err) ||
      !hw_store_exec(store, "PRAGMA journal_mode = WAL", "set it up", err) ||
      !hw_store_exec(store, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", "set it up", err))
    return false;
  if (hw_register_functions(store->db) != SQLITE_OK || hw_connect_functions(store->db) != SQLITE_OK)
    return hw_store_fail(store, "register the hw_ functions", err);
  if (state == HW_FILE_EMPTY && !create(store, info, err)) return false;
  return insert_process(store, process, err);
}

static void remove_files(const char *path) {
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  for (int i = 0; i < 4; i++) {
    hw_buffer name;
    hw_buffer_init(&name);
    hw_buffer_append_string(&name, path);
    hw_buffer_append_string(&name, suffixes[i]);
    if (!name.failed) (void)unlink(name.data);
    hw_buffer_fini(&name);
  }
}

bool hw_store_open_run(const char *path, const hw_run_info *info, const hw_process_info *process, bool durable,
                       hw_store **out, hw_error *err) {
  *out = NULL;
  if (!check_limits(info, err)) return false;
  hw_store *store = hw_store_new(path, err);
  if (!store) return false;
  bool created = false;
  if (lock_file(store, &created, err) && open_run(store, info, process, durable, err)) {
    *out = store;
    return true;
  }
  hw_store_free(store);
  if (created) remove_files(path);
  return false;
}

bool hw_store_open_read(const char *path, hw_store **out, hw_error *err) {
  *out = NULL;
  struct stat status;
  if (stat(path, &status) != 0) return hw_fail(err, HW_ERROR_IO, "%s: %s", path, strerror(errno));
  if (!S_ISREG(status.st_mode)) return hw_fail(err, HW_ERROR_INPUT, "%s: not a regular file", path);
  hw_store *store = hw_store_new(path, err);
  if (!store) return false;
  bool ok = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK ||
            hw_store_fail(store, "open it", err);
  hw_file_state state = HW_FILE_EMPTY;
  if (ok) {
    (void)sqlite3_extended_result_codes(store->db, 1);
    (void)sqlite3_busy_timeout(store->db, BUSY_MILLISECONDS);
    ok = hw_store_check_file(store, &state, err);
  }
  if (ok && state == HW_FILE_EMPTY)
    ok = hw_fail(err, HW_ERROR_INPUT, "%s: a database without tables, not one of Headwater's", path);
  if (ok && (hw_register_functions(store->db) != SQLITE_OK || hw_connect_functions(store->db) != SQLITE_OK ||
             hw_make_temp_views(store->db) != SQLITE_OK))
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

bool hw_store_close(hw_store *store, bool finish, hw_error *err) {
  if (!store) return true;
  bool ok = hw_store_flush(store, err);
  for (int i = 0; i < HW_N_STATEMENTS; i++) {
    (void)sqlite3_finalize(store->statements[i]);
    store->statements[i] = NULL;
  }
  if (finish && store->lock >= 0) {
    sqlite3_stmt *s = NULL;
    ok = ok && hw_store_exec(store, "PRAGMA wal_checkpoint(TRUNCATE)", "fold in its log", err);
    int rc = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = DELETE", -1, &s, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(s);
    const char *mode = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
    if (ok && (!mode || strcmp(mode, "delete") != 0))
      ok = hw_fail(err, HW_ERROR_IO,
                   "%s: complete, but its log %s-wal could not be folded in because another program reads it", store->path,
                   store->path);
    (void)sqlite3_finalize(s);
  }
  hw_store_free(store);
  return ok;
}
