/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/recover.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "headwater/buffer.h"
#include "sqlite/sql.h"
#include "sqlite/wait.h"

/* Takes the lock of a reader, as the first statement does. */
static int look(sqlite3 *db) {
  errno = 0;
  return sqlite3_exec(db, hw_sql("open/look.sql"), NULL, NULL, NULL);
}

static bool is_there(const char *path, const char *suffix) {
  hw_buffer name;
  hw_buffer_init(&name);
  hw_buffer_printf(&name, "%s%s", path, suffix);
  bool there = !name.failed && access(name.data, F_OK) == 0;
  hw_buffer_fini(&name);
  return there;
}

/* What was left behind; NULL: the reading connection failed for another reason. */
static const char *left_behind(const hw_store *store, int extended) {
  bool denied = (extended & 0xff) == SQLITE_READONLY || (extended & 0xff) == SQLITE_CANTOPEN;
  if (!denied) return NULL;
  return is_there(store->path, "-journal") ? "-journal" : is_there(store->path, "-wal") ? "-wal" : NULL;
}

static bool fail(const hw_store *store, const char *suffix, const char *why, hw_error *err) {
  return hw_fail(err, HW_ERROR_IO, "%s: a program ended while it wrote, and what it left in %s%s cannot be worked off: %s; copy both files to where they can be written",
                 store->path, store->path, suffix, why);
}

bool hw_store_recover(hw_store *store, hw_error *err) {
  const char *suffix = look(store->db) == SQLITE_OK ? NULL : left_behind(store, sqlite3_extended_errcode(store->db));
  if (!suffix) return true;
  hw_store writer = {.path = store->path, .file = store->file, .hooks = store->hooks, .stoppable = store->stoppable};
  int rc = sqlite3_open_v2(store->file, &writer.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  hw_store_set_up(&writer);
  bool readonly = rc == SQLITE_OK && sqlite3_db_readonly(writer.db, "main") == 1; /* SQLite opens so what it may not write */
  if (rc == SQLITE_OK && !readonly) rc = look(writer.db);
  bool ok = rc == SQLITE_OK && !readonly;
  int code = rc & 0xff;
  if (readonly) ok = fail(store, suffix, access(store->path, W_OK) != 0 ? strerror(errno) : "it is opened read-only", err);
  else if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_IOERR) ok = fail(store, suffix, hw_store_reason(&writer), err);
  else if (!ok) ok = hw_store_fail(&writer, "read it", err);
  (void)sqlite3_close_v2(writer.db);
  return ok;
}
