/* SPDX-License-Identifier: Apache-2.0 */
#include "store/checked.h"
#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

bool hw_checked_fail(const hw_checked_row *row, const char *what) {
  return hw_fail(row->err, HW_ERROR_INPUT, "%s: table %s, row %" PRId64 ": %s", row->s->store->path, row->table, row->row, what);
}

static bool fail_value(const hw_checked_row *row, int column, const char *wanted) {
  sqlite3_stmt *s = row->s->sqlite;
  int type = sqlite3_column_type(s, column);
  const char *name = sqlite3_column_name(s, column);
  char found[64], what[256];
  if (type == SQLITE_INTEGER) (void)snprintf(found, sizeof found, "%" PRId64, (int64_t)sqlite3_column_int64(s, column));
  else if (type == SQLITE_FLOAT) (void)hw_snprintf(found, sizeof found, "%.17g", sqlite3_column_double(s, column));
  else (void)snprintf(found, sizeof found, "%s", type == SQLITE_NULL ? "NULL" : type == SQLITE_TEXT ? "a text" : "a blob");
  (void)snprintf(what, sizeof what, "%s is %s, wanted %s", name ? name : "a column", found, wanted);
  return hw_checked_fail(row, what);
}

bool hw_checked_integer(const hw_checked_row *row, int column, int64_t least, int64_t most, int64_t *value) {
  *value = sqlite3_column_int64(row->s->sqlite, column);
  if (sqlite3_column_type(row->s->sqlite, column) == SQLITE_INTEGER && *value >= least && *value <= most) return true;
  char wanted[96];
  (void)snprintf(wanted, sizeof wanted, "an integer from %" PRId64 " to %" PRId64, least, most);
  return fail_value(row, column, wanted);
}

bool hw_checked_u32(const hw_checked_row *row, int column, int64_t least, int64_t most, uint32_t *value) {
  int64_t wide;
  if (!hw_checked_integer(row, column, least, most, &wide)) return false;
  *value = (uint32_t)wide;
  return true;
}

bool hw_checked_real(const hw_checked_row *row, int column, double least, double most, double *value) {
  int type = sqlite3_column_type(row->s->sqlite, column);
  *value = sqlite3_column_double(row->s->sqlite, column);
  if ((type == SQLITE_FLOAT || type == SQLITE_INTEGER) && isfinite(*value) && *value >= least && *value <= most) return true;
  char wanted[96];
  (void)hw_snprintf(wanted, sizeof wanted, "a number from %g to %g", least, most);
  return fail_value(row, column, wanted);
}

bool hw_checked_copy(const hw_checked_row *row, int column, hw_arena *arena, const char **text, size_t *length) {
  int type = sqlite3_column_type(row->s->sqlite, column);
  if (type != SQLITE_TEXT && type != SQLITE_BLOB) return fail_value(row, column, "a text");
  return hw_column_copy(row->s, column, arena, text, length, row->err);
}
