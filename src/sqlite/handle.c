/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/handle.h"

#include <stdio.h>
#include <string.h>

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
      return hw_fail(err, HW_ERROR_IO, "%s: cannot %s: another program holds it locked", store->path, doing);
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

bool hw_store_fail_at(hw_store *store, const char *file, hw_error *err) {
  char doing[96];
  (void)snprintf(doing, sizeof doing, "run sql/%s", file);
  return hw_store_fail(store, doing, err);
}
