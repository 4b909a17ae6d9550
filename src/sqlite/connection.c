/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/connection.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

hw_store *hw_store_new(const char *path, hw_error *err) {
  hw_store *store = calloc(1, sizeof *store);
  if (store) {
    store->lock = -1;
    store->path = strdup(path);
  }
  if (!store || !store->path) {
    free(store);
    hw_fail_memory(err, "the database");
    return NULL;
  }
  return store;
}

void hw_store_free(hw_store *store) {
  if (!store) return;
  for (int i = 0; i < HW_N_STATEMENTS; i++) (void)sqlite3_finalize(store->statements[i]);
  (void)sqlite3_close_v2(store->db);
  /* Last: closing any descriptor of a file drops the POSIX locks that SQLite holds on it. */
  if (store->lock >= 0) (void)close(store->lock);
  free(store->path);
  free(store);
}

bool hw_store_fail(hw_store *store, const char *doing, hw_error *err) {
  int extended = store->db ? sqlite3_extended_errcode(store->db) : SQLITE_NOMEM, code = extended & 0xff;
  const char *why = store->db ? sqlite3_errmsg(store->db) : "out of memory";
  if (extended == SQLITE_CONSTRAINT_DATATYPE)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: cannot %s: a sum grew too large for the database (%s)", store->path,
                   doing, why);
  switch (code) {
    case SQLITE_FULL:
      return hw_fail(err, HW_ERROR_IO, "%s: cannot %s: the disk is full; what was stored before is intact", store->path,
                     doing);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return hw_fail(err, HW_ERROR_IO, "%s: cannot %s: another process is writing into it", store->path, doing);
    case SQLITE_NOTADB: return hw_fail(err, HW_ERROR_INPUT, "%s: not a database", store->path);
    case SQLITE_NOMEM: return hw_fail(err, HW_ERROR_MEMORY, "%s: cannot %s: out of memory", store->path, doing);
    case SQLITE_CORRUPT:
      return hw_fail(err, HW_ERROR_INPUT, "%s: cannot %s: the database is damaged (%s)", store->path, doing, why);
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_AUTH: return hw_fail(err, HW_ERROR_INPUT, "%s: cannot %s: %s", store->path, doing, why);
    case SQLITE_IOERR: /* the system's own reason says more than "disk I/O error" */
      if (store->db && sqlite3_system_errno(store->db)) why = strerror(sqlite3_system_errno(store->db));
      return hw_fail(err, HW_ERROR_IO, "%s: cannot %s: %s", store->path, doing, why);
    default: return hw_fail(err, HW_ERROR_IO, "%s: cannot %s: %s", store->path, doing, why);
  }
}

bool hw_store_exec(hw_store *store, const char *sql, const char *doing, hw_error *err) {
  return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? true : hw_store_fail(store, doing, err);
}

bool hw_store_integer(hw_store *store, const char *sql, int64_t *value, hw_error *err) {
  sqlite3_stmt *statement = NULL;
  bool ok = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
  if (ok) *value = sqlite3_column_int64(statement, 0);
  else hw_store_fail(store, "read it", err);
  (void)sqlite3_finalize(statement);
  return ok;
}

bool hw_store_begin(hw_store *store, hw_error *err) {
  return hw_store_exec(store, "BEGIN IMMEDIATE", "begin a transaction", err);
}

bool hw_store_commit(hw_store *store, hw_error *err) {
  if (hw_store_exec(store, "COMMIT", "commit", err)) return true;
  hw_store_rollback(store);
  return false;
}

void hw_store_rollback(hw_store *store) {
  for (int i = 0; i < HW_N_STATEMENTS; i++)
    if (store->statements[i]) (void)sqlite3_reset(store->statements[i]);
  /* A full disk may have rolled back already. */
  if (!sqlite3_get_autocommit(store->db)) (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

bool hw_store_check_file(hw_store *store, hw_file_state *state, hw_error *err) {
  int64_t tables, application, version;
  if (!hw_store_integer(store, "SELECT count(*) FROM sqlite_schema", &tables, err) ||
      !hw_store_integer(store, "PRAGMA application_id", &application, err) ||
      !hw_store_integer(store, "PRAGMA user_version", &version, err))
    return false;
  if (tables == 0 && (application == 0 || application == HW_APPLICATION_ID)) {
    *state = HW_FILE_EMPTY;
    return true;
  }
  if (application != HW_APPLICATION_ID)
    return hw_fail(err, HW_ERROR_INPUT,
                   "%s: a SQLite database, but not one of Headwater's (application_id 0x%08" PRIx64 ", wanted 0x%08x)",
                   store->path, (uint64_t)application, (unsigned)HW_APPLICATION_ID);
  if (version > HW_SCHEMA_VERSION)
    return hw_fail(err, HW_ERROR_UNSUPPORTED,
                   "%s: written by a newer Headwater: schema version %" PRId64 ", this program knows %d", store->path,
                   version, HW_SCHEMA_VERSION);
  if (version < HW_SCHEMA_VERSION)
    return hw_fail(err, HW_ERROR_INPUT, "%s: schema version %" PRId64 " was never released, wanted %d", store->path,
                   version, HW_SCHEMA_VERSION);
  *state = HW_FILE_OURS;
  return true;
}
