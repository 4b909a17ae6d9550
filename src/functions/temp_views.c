/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/connection.h"
#include "functions/functions.h"
#include "sqlite/sql.h"

static sqlite3_int64 application_id(sqlite3 *db) {
  sqlite3_stmt *statement = NULL;
  sqlite3_int64 value = 0;
  if (sqlite3_prepare_v2(db, "PRAGMA main.application_id", -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW)
    value = sqlite3_column_int64(statement, 0);
  (void)sqlite3_finalize(statement);
  return value;
}

int hw_make_temp_views(sqlite3 *db) {
  if (application_id(db) != HW_APPLICATION_ID) return SQLITE_OK;
  return sqlite3_exec(db, hw_sql("temp_views.sql"), NULL, NULL, NULL);
}
