/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/handle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/progress.h"

const char *hw_store_reason(const hw_store *store) {
  int code = store->db ? sqlite3_errcode(store->db) & 0xff : SQLITE_NOMEM, number = errno;
  if (code == SQLITE_NOMEM) return "out of memory";
  if (code == SQLITE_CORRUPT && number == EIO) return strerror(EIO);
  bool plain = !strcmp(sqlite3_errmsg(store->db), sqlite3_errstr(code)); /* else it names what could not be opened */
  if (!plain || (code != SQLITE_IOERR && code != SQLITE_CANTOPEN)) return sqlite3_errmsg(store->db);
  if (sqlite3_system_errno(store->db)) number = sqlite3_system_errno(store->db);
  return number ? strerror(number) : sqlite3_errmsg(store->db);
}

bool hw_store_fail_moved(const hw_store *store, bool is_whole, hw_error *err) {
  struct stat status;
  if (store->lock >= 0 && fstat(store->lock, &status) == 0 && status.st_nlink == 0)
    return hw_fail(err, HW_ERROR_IO, "%s: was deleted, or another file took its place, while it was written: what was stored in it is lost", store->path);
  if (is_whole) return hw_fail(err, HW_ERROR_IO, "%s: was moved while it was written: what was stored before is in the moved file; the same command with its new name goes on", store->path);
  return hw_fail(err, HW_ERROR_IO, "%s: was moved while it was written: what was stored before is in the moved file and in %s-wal, which belong together: give the log the new name of the file, with -wal behind it; the same command with that name goes on",
                 store->path, sqlite3_db_filename(store->db, "main"));
}

bool hw_store_fail(hw_store *store, const char *doing, hw_error *err) {
  int extended = store->db ? sqlite3_extended_errcode(store->db) : SQLITE_NOMEM, code = extended & 0xff;
  bool unreadable = code == SQLITE_CORRUPT && errno == EIO; /* SQLite calls a page damaged that the disk does not give */
  const char *why = hw_store_reason(store);
  if (extended == SQLITE_CONSTRAINT_DATATYPE)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: cannot %s: a sum grew too large for the database (%s)", store->path,
                   doing, why);
  if (extended == SQLITE_READONLY_DBMOVED) return hw_store_fail_moved(store, true, err); /* told where no log is in use */
  if (extended == SQLITE_IOERR_NOMEM || extended == SQLITE_OK) code = SQLITE_NOMEM; /* a failed sqlite3_mprintf leaves no code */
  if (hw_asked_to_stop(store->hooks)) {
    if (store->stoppable && (code == SQLITE_INTERRUPT || code == SQLITE_BUSY)) return hw_store_stopped(store, err);
    if (code == SQLITE_BUSY) /* the wait ends at once then */
      return hw_fail(err, HW_ERROR_INTERRUPTED, "%s: stopped while another program held it locked; what was stored before is intact", store->path);
  }
  switch (code) {
    case SQLITE_FULL:
      return hw_fail(err, HW_ERROR_IO, "%s: cannot %s: the disk is full; what was stored before is intact", store->path,
                     doing);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return hw_fail(err, HW_ERROR_IO, "%s: cannot %s: another program holds it locked", store->path, doing);
    case SQLITE_NOTADB: return hw_fail(err, HW_ERROR_INPUT, "%s: not a database", store->path);
    case SQLITE_NOMEM: return hw_fail(err, HW_ERROR_MEMORY, "%s: cannot %s: out of memory", store->path, doing);
    case SQLITE_CORRUPT:
      if (unreadable) return hw_fail(err, HW_ERROR_IO, "%s: cannot %s: %s", store->path, doing, why);
      return hw_fail(err, HW_ERROR_INPUT, "%s: cannot %s: the database is damaged (%s)", store->path, doing, why);
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_AUTH: return hw_fail(err, HW_ERROR_INPUT, "%s: cannot %s: %s", store->path, doing, why);
    default: return hw_fail(err, HW_ERROR_IO, "%s: cannot %s: %s", store->path, doing, why);
  }
}

bool hw_store_stopped(const hw_store *store, hw_error *err) {
  if (store->migrated) return hw_fail(err, HW_ERROR_INTERRUPTED, "%s: stopped; it was brought to schema version %" PRId64 ", nothing else was changed", store->path, store->version);
  return hw_fail(err, HW_ERROR_INTERRUPTED, "%s: stopped; nothing was changed", store->path);
}

bool hw_store_fail_at(hw_store *store, const char *file, hw_error *err) {
  char doing[96];
  (void)snprintf(doing, sizeof doing, "run sql/%s", file);
  return hw_store_fail(store, doing, err);
}
