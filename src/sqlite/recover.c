/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/recover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "sqlite/sql.h"
#include "sqlite/wait.h"

/* Takes the lock of a reader, as the first statement does. */
static int look(sqlite3 *db) {
  errno = 0;
  return sqlite3_exec(db, hw_sql("open/look.sql"), NULL, NULL, NULL);
}

/* *name: the file that was left behind (caller frees). NULL: the reading connection failed for another reason. */
static bool find_left_behind(const hw_store *store, int extended, char **name, hw_error *err) {
  static const char *const suffixes[] = {"-journal", "-wal"};
  bool denied = (extended & 0xff) == SQLITE_READONLY || (extended & 0xff) == SQLITE_CANTOPEN;
  *name = NULL;
  for (size_t i = 0; denied && i < sizeof suffixes / sizeof *suffixes; i++) {
    *name = hw_path_beside(store->path, suffixes[i]);
    if (!*name) return hw_fail_memory(err, "the name of a file");
    if (access(*name, F_OK) == 0) return true;
    free(*name);
    *name = NULL;
  }
  return true;
}

static bool fail(const hw_store *store, const char *left, const char *why, hw_error *err) {
  return hw_fail(err, HW_ERROR_IO, "%s: a program ended while it wrote, and what it left in %s cannot be worked off: %s; copy both files to where they can be written",
                 store->path, left, why);
}

bool hw_store_recover(hw_store *store, hw_error *err) {
  char *left;
  if (look(store->db) == SQLITE_OK) return true;
  if (!find_left_behind(store, sqlite3_extended_errcode(store->db), &left, err)) return false;
  if (!left) return true;
  hw_store writer = {.path = store->path, .file = store->file, .lock = -1, .hooks = store->hooks, .stoppable = store->stoppable};
  int rc = sqlite3_open_v2(store->file, &writer.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  hw_store_set_up(&writer);
  bool readonly = rc == SQLITE_OK && sqlite3_db_readonly(writer.db, "main") == 1; /* SQLite opens so what it may not write */
  if (rc == SQLITE_OK && !readonly) rc = look(writer.db);
  bool ok = rc == SQLITE_OK && !readonly;
  int code = rc & 0xff;
  if (readonly) ok = fail(store, left, access(store->path, W_OK) != 0 ? strerror(errno) : "it is opened read-only", err);
  else if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_IOERR) ok = fail(store, left, hw_store_reason(&writer), err);
  else if (!ok) ok = hw_store_fail(&writer, "read it", err);
  (void)sqlite3_close_v2(writer.db);
  free(left);
  return ok;
}
