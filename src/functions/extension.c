/* SPDX-License-Identifier: Apache-2.0
 * headwater_sqlite.so: the hw_* functions and temporary views for the sqlite3 shell (.load build/headwater_sqlite) and for
 * Python's sqlite3 (enable_load_extension, load_extension). */
#include "functions/functions.h"

SQLITE_EXTENSION_INIT1

/* sqlite3 derives this name from the file's. */
__attribute__((visibility("default"))) int sqlite3_headwatersqlite_init(sqlite3 *db, char **message,
                                                                        const sqlite3_api_routines *api);

int sqlite3_headwatersqlite_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
  SQLITE_EXTENSION_INIT2(api);
  int rc = hw_register_functions(db);
  if (rc == SQLITE_OK) rc = hw_make_temp_views(db);
  if (rc != SQLITE_OK) *message = sqlite3_mprintf("headwater: %s", sqlite3_errmsg(db));
  return rc;
}

/* The entry point that SQLite tries first; the file may have any name. */
__attribute__((visibility("default"))) int sqlite3_extension_init(sqlite3 *db, char **message,
                                                                  const sqlite3_api_routines *api);

int sqlite3_extension_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
  return sqlite3_headwatersqlite_init(db, message, api);
}
