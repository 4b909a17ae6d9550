/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/connection.h"
#include "functions/functions.h"
#include "sqlite/sql.h"

static int read_application_id(sqlite3 *db, sqlite3_int64 *value) {
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v2(db, "PRAGMA main.application_id", -1, &statement, NULL);
  *value = rc == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  int end = sqlite3_finalize(statement);
  return rc == SQLITE_OK ? end : rc;
}

int hw_make_temp_views(sqlite3 *db) {
  sqlite3_int64 id;
  int rc = read_application_id(db, &id);
  return rc != SQLITE_OK || id != HW_APPLICATION_ID ? rc : sqlite3_exec(db, hw_sql("temp_views.sql"), NULL, NULL, NULL);
}
