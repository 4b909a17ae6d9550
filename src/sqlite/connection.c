/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/option.h"
#include "base/progress.h"
#include "base/text.h"
#include "sqlite/recover.h"
#include "sqlite/sql.h"
#include "sqlite/wait.h"

/* ---- opening ---- */

static bool check_regular(const char *path, bool *there, hw_error *err) {
  struct stat status;
  *there = stat(path, &status) == 0;
  if (*there && !S_ISREG(status.st_mode)) return hw_fail(err, HW_ERROR_INPUT, "%s: not a regular file", path);
  return true;
}

/* Another process may have moved or removed the locked file, or put another in its place. A path that cannot be looked at for another reason is no sign
 * of it. */
static bool is_at(const hw_store *store, const char *path) {
  struct stat opened, named;
  if (fstat(store->lock, &opened) != 0) return false;
  if (stat(path, &named) != 0) return errno != ENOENT && errno != ENOTDIR;
  return opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

static bool is_empty(const hw_store *store) {
  struct stat status;
  return fstat(store->lock, &status) == 0 && status.st_size == 0;
}

/* SQLite keeps log and journal beside the name by which a database is opened. By another name they are not found: what they hold is missing there,
 * and is copied later over what was written by the other name. */
static bool check_one_name(const hw_store *store, hw_error *err) {
  struct stat status;
  if (fstat(store->lock, &status) != 0 || status.st_nlink < 2) return true;
  char *file = hw_path_beside(store->path, ""); /* not the link: its copy would lack the log */
  bool no = file ? hw_fail(err, HW_ERROR_INPUT,
                           "%s: the file has %ju names (hard links), and SQLite keeps its log beside one of them alone: cp \"%s\" NEW and mv NEW \"%s\" make it a "
                           "file of its own. Where DB-wal or DB-journal lies beside one of the names, do this with that name",
                           store->path, (uintmax_t)status.st_nlink, file, file)
                 : hw_fail_memory(err, "the name of a file");
  free(file);
  return no;
}

/* One writing process at a time: SQLite alone would let two take turns. */
static bool lock_file(hw_store *store, bool create, hw_error *err) {
  hw_store_begin_wait(store, HW_WAIT_LOCK);
  for (;;) {
    if (create && access(store->path, F_OK) != 0 && errno == ENOENT) store->created = true;
    store->lock = open(store->path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0644);
    if (store->lock < 0) {
      store->created = false;
      return hw_fail(err, HW_ERROR_IO, "%s: cannot be written: %s", store->path, strerror(errno));
    }
    if (flock(store->lock, LOCK_EX | LOCK_NB) == 0) {
      if (is_at(store, store->path)) return check_one_name(store, err);
    } else if (errno == EWOULDBLOCK) {
      if (!hw_store_wait_more(store, store->hooks ? store->hooks->lock_timeout : 0)) {
        store->created = false; /* it is that of the process that holds the lock */
        if (hw_asked_to_stop(store->hooks)) return hw_store_stopped(store, err);
        return hw_fail(err, HW_ERROR_IO, "%s: another process is writing into it", store->path);
      }
    } else if (errno != EINTR) {
      return hw_fail(err, HW_ERROR_IO,
                     "%s: cannot be locked: %s. If it lies on a network drive without locks, write to a local disk and move the file "
                     "when it is complete",
                     store->path, strerror(errno));
    }
    (void)close(store->lock);
  }
}

static bool check_version(const hw_store *store, bool may_migrate, hw_error *err) {
  if (store->version > HW_SCHEMA_VERSION)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: written by a newer Headwater: schema version %" PRId64 ", this program knows %d", store->path,
                   store->version, HW_SCHEMA_VERSION);
  if (store->version < HW_OLDEST_VERSION)
    return hw_fail(err, HW_ERROR_INPUT, "%s: written by an older Headwater: schema version %" PRId64 ", this program needs %d; run it again",
                   store->path, store->version, HW_SCHEMA_VERSION);
  if (store->version < HW_SCHEMA_VERSION && !may_migrate)
    return hw_fail(err, HW_ERROR_INPUT,
                   "%s: written by an older Headwater: schema version %" PRId64 ", this program reads %d; headwater pack %s brings it there",
                   store->path, store->version, HW_SCHEMA_VERSION, store->path);
  return true;
}

/* Somebody else's database may have a view that never ends in the place of a table. */
static bool check_tables(hw_store *store, hw_error *err) {
  hw_statement s;
  bool row = false, ok = hw_statement_open(&s, store, "open/no_table.sql", err) && hw_statement_step(&s, &row, err);
  if (row) ok = hw_fail(err, HW_ERROR_INPUT, "%s: %s is no table, wanted one of Headwater's", store->path, hw_column_text(&s, 0));
  hw_statement_close(&s);
  return ok;
}

bool hw_store_check_complete(hw_store *store, hw_error *err) {
  static const char begin[] = "\nCREATE TABLE ";
  for (const char *at = strstr(hw_sql("schema.sql"), begin); at; at = strstr(at, begin)) {
    char name[64];
    bool there;
    at += sizeof begin - 1;
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(at, " ("), at);
    if (!hw_store_has_table(store, name, &there, err)) return false;
    if (!there)
      return hw_fail(err, HW_ERROR_INPUT, "%s: lacks the table %s of schema version %d: it is damaged, or of an unfinished version of Headwater, and is not written; run it again into a new file",
                     store->path, name, HW_SCHEMA_VERSION);
  }
  return true;
}

static bool check_file(hw_store *store, hw_file_state *state, bool writes, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "open/identity.sql", err) && hw_statement_step(&s, &row, err);
  int64_t tables = ok ? hw_column_integer(&s, 0) : 0, application = ok ? hw_column_integer(&s, 1) : 0, version = ok ? hw_column_integer(&s, 2) : 0;
  if (!ok) (void)hw_store_fail(store, "read it", err);
  hw_statement_close(&s);
  if (!ok) return false;
  *state = tables ? HW_FILE_OURS : HW_FILE_EMPTY;
  if (!tables && (application == 0 || application == HW_APPLICATION_ID)) return true;
  if (application != HW_APPLICATION_ID)
    return hw_fail(err, HW_ERROR_INPUT,
                   "%s: a SQLite database, but not one of Headwater's (application_id 0x%08" PRIx64 ", wanted 0x%08x)",
                   store->path, (uint64_t)application, (unsigned)HW_APPLICATION_ID);
  store->version = version;
  return check_version(store, writes, err) && check_tables(store, err) && (!writes || version != HW_SCHEMA_VERSION || hw_store_check_complete(store, err));
}

static bool connect_store(hw_store *store, hw_access access, hw_file_state *state, hw_error *err) {
  static const int flags[] = {SQLITE_OPEN_READONLY, SQLITE_OPEN_READWRITE, SQLITE_OPEN_READWRITE, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
  const char *path = access == HW_OPEN_MEMORY ? ":memory:" : store->file;
  if (access != HW_OPEN_MEMORY) {
    bool there;
    if (!check_regular(store->path, &there, err)) return false;
    if (!there && access != HW_OPEN_CREATE) return hw_fail(err, HW_ERROR_IO, "%s: %s", store->path, strerror(errno));
    if (access != HW_OPEN_READ && !lock_file(store, access == HW_OPEN_CREATE, err)) return false;
  }
  errno = 0;
  if (sqlite3_open_v2(path, &store->db, flags[access] | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) return hw_store_fail(store, "open it", err);
  if ((access == HW_OPEN_WRITE || access == HW_OPEN_CREATE) && sqlite3_db_readonly(store->db, "main") == 1) /* opened so where writing failed */
    return hw_fail(err, HW_ERROR_IO, "%s: cannot be written: %s", store->path, strerror(errno));
  hw_store_set_up(store);
  if (access == HW_OPEN_READ && !hw_store_recover(store, err)) return false;
  if (!check_file(store, state, access != HW_OPEN_READ, err)) return false;
  if (*state == HW_FILE_EMPTY && (access == HW_OPEN_READ || access == HW_OPEN_WRITE))
    return hw_fail(err, HW_ERROR_INPUT, "%s: a database without tables, not one of Headwater's", store->path);
  return true;
}

static char *file_name(const char *path) { return *path == ':' || !strncmp(path, "file:", 5) ? hw_path_join(".", path) : strdup(path); }

bool hw_store_connect(const char *path, hw_access access, const hw_hooks *hooks, hw_store **out, hw_file_state *state, hw_error *err) {
  *out = NULL;
  if (!hw_given_check("database", path, err)) return false;
  if (hooks && hooks->lock_timeout != 0 && !hw_number_check("lock_timeout", hooks->lock_timeout, 0, HW_LOCK_SECONDS_LIMIT, err)) return false;
  hw_store *store = calloc(1, sizeof *store);
  if (!store || !(store->path = strdup(path)) || !(store->file = file_name(path))) {
    if (store) free(store->path);
    free(store);
    return hw_fail_memory(err, "the database");
  }
  store->lock = -1;
  store->hooks = hooks;
  bool ok = connect_store(store, access, state, err);
  if (store->created && !is_empty(store)) store->created = false; /* another process wrote into it before it was locked */
  if (ok) *out = store;
  else hw_store_discard(store);
  return ok;
}

/* ---- closing ---- */

bool hw_store_remove_beside(const char *path, hw_error *err) {
  static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
  bool ok = true;
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    char *name = hw_path_beside(path, suffixes[i]);
    if (!name) ok = hw_fail_memory(err, "the name of a file");
    else if (unlink(name) != 0 && errno != ENOENT) ok = hw_fail(err, HW_ERROR_IO, "%s: cannot be removed: %s", name, strerror(errno));
    free(name);
  }
  return ok;
}

/* The path may be a link, which stays. */
static void remove_file(const char *path) {
  char file[PATH_MAX];
  if (!realpath(path, file)) return;
  (void)unlink(file);
  (void)hw_store_remove_beside(file, NULL);
}

static void end(hw_store *store, bool with_file) {
  if (!store) return;
  for (size_t i = 0; i < store->n_statements; i++) hw_statement_close(&store->statements[i]);
  (void)sqlite3_close_v2(store->db);
  if (with_file && is_at(store, store->path)) remove_file(store->path); /* before another process gets the lock */
  /* Last: closing any descriptor of a file drops the POSIX locks that SQLite holds on it. */
  if (store->lock >= 0) (void)close(store->lock);
  free(store->path);
  free(store->file);
  free(store);
}

void hw_store_free(hw_store *store) { end(store, false); }

void hw_store_remove(hw_store *store) { end(store, true); }

void hw_store_discard(hw_store *store) { end(store, store && store->created); }

/* ---- small statements ---- */

bool hw_store_exec(hw_store *store, const char *sql, const char *doing, hw_error *err) {
  errno = 0;
  return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK || hw_store_fail(store, doing, err);
}

bool hw_store_integer(hw_store *store, const char *file, int64_t *value, hw_error *err) {
  hw_statement s;
  bool row = false, ok = hw_statement_open(&s, store, file, err) && hw_statement_step(&s, &row, err);
  if (row) *value = hw_column_integer(&s, 0);
  else if (ok) ok = hw_fail(err, HW_ERROR_INPUT, "%s: sql/%s gives no row", store->path, file);
  hw_statement_close(&s);
  return ok;
}

bool hw_store_has_table(hw_store *store, const char *name, bool *there, hw_error *err) {
  hw_statement s;
  bool ok = hw_statement_open(&s, store, "open/has_table.sql", err);
  if (ok) hw_bind_string(&s, ":name", name);
  ok = ok && hw_statement_step(&s, there, err);
  hw_statement_close(&s);
  return ok;
}

/* ---- transactions ---- */

bool hw_store_begin(hw_store *store, hw_error *err) {
  return hw_store_exec(store, "BEGIN IMMEDIATE", "begin a transaction", err);
}

bool hw_store_begin_read(hw_store *store, hw_error *err) { return hw_store_exec(store, "BEGIN", "begin a transaction", err); }

/* What the write-ahead log holds reaches the moved file here: SQLite does not copy it when it closes a file that was moved. */
static bool fail_moved(hw_store *store, hw_error *err) {
  int n_log = 0, n_copied = 0;
  hw_store_rollback(store);
  (void)sqlite3_busy_timeout(store->db, HW_BUSY_SECONDS * 1000);
  bool is_whole = sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_TRUNCATE, &n_log, &n_copied) == SQLITE_OK && n_log == n_copied;
  return hw_store_fail_moved(store, is_whole, err);
}

/* SQLite's name of the file is absolute and follows links: a link may point elsewhere meanwhile, and the program be in another folder. */
bool hw_store_commit(hw_store *store, hw_error *err) {
  if (store->lock >= 0 && !is_at(store, sqlite3_db_filename(store->db, "main"))) return fail_moved(store, err);
  if (hw_store_exec(store, "COMMIT", "commit", err)) return true;
  hw_store_rollback(store);
  return false;
}

void hw_store_rollback(hw_store *store) {
  for (size_t i = 0; i < store->n_statements; i++) hw_statement_reset(&store->statements[i]);
  /* A full disk may have rolled back already. */
  if (!sqlite3_get_autocommit(store->db)) (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}
