/* SPDX-License-Identifier: Apache-2.0
 * One reading statement of the user's, with parameters by name. */
#include "query/parameter.h"
#include "query/select.h"
#include "store/damage.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/option.h"
#include "base/text.h"
#include "headwater/query.h"

/* Pragmas that only tell. Without an argument, but for the last ones, whose argument is a name. */
static bool reading_pragma(const char *name, const char *argument) {
  static const char *const plain[] = {"application_id",  "user_version",  "page_size",      "page_count",
                                      "freelist_count",  "encoding",      "schema_version", "database_list",
                                      "compile_options", "function_list", "module_list",    "pragma_list",
                                      "collation_list",  "table_list",    "journal_mode",   "query_only"};
  static const char *const about[] = {"table_info",        "table_xinfo",      "index_list",      "index_info",
                                      "index_xinfo",       "foreign_key_list", "integrity_check", "quick_check",
                                      "foreign_key_check", "table_list"};
  for (size_t i = 0; i < sizeof about / sizeof about[0]; i++)
    if (!sqlite3_stricmp(name, about[i])) return true;
  for (size_t i = 0; i < sizeof plain / sizeof plain[0] && !argument; i++)
    if (!sqlite3_stricmp(name, plain[i])) return true;
  return false;
}

/* The connection is opened read-only; this gives the reason a name, and keeps its settings as they are. */
static int authorize(void *context, int action, const char *first, const char *second, const char *database,
                     const char *trigger) {
  (void)context, (void)database, (void)trigger;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
    case SQLITE_ATTACH: /* opens read-only as well */
    case SQLITE_DETACH: return SQLITE_OK;
    case SQLITE_FUNCTION: return second && !sqlite3_stricmp(second, "load_extension") ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA: return first && reading_pragma(first, second) ? SQLITE_OK : SQLITE_DENY;
    default: return SQLITE_DENY;
  }
}

void hw_store_set_timeout(hw_store *store, double seconds) { store->seconds = seconds; }

void hw_store_set_line_width(hw_store *store, size_t characters) { store->line_width = characters; }

static void start_clock(hw_store *store) { store->deadline = store->seconds > 0 ? hw_clock_seconds() + store->seconds : 0; }

static void stop_clock(hw_store *store) { store->deadline = 0; }

/* A function that complains about stored bytes does not know whose they are. */
static bool damage_fail(hw_store *store, hw_error *err) {
  hw_buffer where;
  hw_buffer_init(&where);
  char why[700];
  (void)snprintf(why, sizeof why, "%s", sqlite3_errmsg(store->db));
  start_clock(store); /* the search reads all graphs, in the same time */
  bool found = hw_find_damage(store, &where) && !where.failed;
  (void)hw_fail(err, HW_ERROR_INPUT, "%s: SQL: %s%s%s", store->path, why, found ? "; damaged: " : "", found ? where.data : "");
  hw_buffer_fini(&where);
  return false;
}

bool hw_select_fail(hw_store *store, hw_error *err) {
  int code = sqlite3_errcode(store->db) & 0xff;
  if (sqlite3_extended_errcode(store->db) == HW_DAMAGED_BYTES) return damage_fail(store, err);
  if (code == SQLITE_ERROR) return hw_fail(err, HW_ERROR_INPUT, "SQL: %s", sqlite3_errmsg(store->db));
  if (code == SQLITE_INTERRUPT && store->seconds > 0)
    return hw_fail(err, HW_ERROR_INTERRUPTED, "SQL: stopped after %g s, the time limit", store->seconds);
  if (code == SQLITE_AUTH || code == SQLITE_READONLY)
    return hw_fail(err, HW_ERROR_INPUT, "SQL: %s: only statements that read are allowed here", sqlite3_errmsg(store->db));
  return hw_store_fail(store, "read it", err);
}

/* A name in double quotes may have been meant as a text. */
static bool prepare_fail(hw_store *store, const char *sql, hw_error *err) {
  static const char start[] = "no such column: ";
  const char *why = sqlite3_errmsg(store->db), *name = strncmp(why, start, sizeof start - 1) == 0 ? why + sizeof start - 1 : "";
  size_t n = strlen(name);
  for (const char *at = sql; n && (at = strchr(at, '"')); at++)
    if (strncmp(at + 1, name, n) == 0 && at[1 + n] == '"') return hw_fail(err, HW_ERROR_INPUT, "SQL: %s (a text stands in single quotes)", why);
  return hw_select_fail(store, err);
}

static bool prepare(hw_store *store, const char *sql, sqlite3_stmt **statement, hw_error *err) {
  const char *tail = NULL;
  errno = 0;
  if (sqlite3_prepare_v2(store->db, sql, -1, statement, &tail) != SQLITE_OK) return prepare_fail(store, sql, err);
  if (!*statement) return hw_fail(err, HW_ERROR_INPUT, "SQL: there is no statement");
  while (tail && *tail) { /* comments and semicolons may follow */
    sqlite3_stmt *more = NULL;
    const char *from = tail;
    int rc = sqlite3_prepare_v2(store->db, from, -1, &more, &tail);
    bool another = more != NULL;
    (void)sqlite3_finalize(more);
    if (rc != SQLITE_OK || another)
      return hw_fail(err, HW_ERROR_INPUT, "SQL: one statement at a time; more begins at '%.40s'",
                     from + strspn(from, " \t\r\n"));
    if (tail == from) break;
  }
  if (!sqlite3_stmt_readonly(*statement))
    return hw_fail(err, HW_ERROR_INPUT, "SQL: only statements that read are allowed here");
  return true;
}

bool hw_select_open(hw_store *store, const char *sql, sqlite3_stmt **statement, hw_error *err) {
  *statement = NULL;
  (void)sqlite3_set_authorizer(store->db, authorize, NULL);
  start_clock(store);
  return prepare(store, sql, statement, err);
}

void hw_select_close(hw_store *store, sqlite3_stmt *statement) {
  (void)sqlite3_finalize(statement);
  stop_clock(store);
  (void)sqlite3_set_authorizer(store->db, NULL, NULL);
}

static int step(sqlite3_stmt *s) {
  errno = 0; /* hw_store_reason */
  return sqlite3_step(s);
}

static bool run(hw_store *store, sqlite3_stmt *s, hw_table_format format, hw_sink sink, void *context, int64_t *n_rows,
                hw_error *err) {
  hw_formatter f = {0};
  bool ok = true;
  if (sqlite3_column_count(s) == 0) { /* ATTACH: nothing to show */
    *n_rows = 0;
    return step(s) == SQLITE_DONE ? true : hw_select_fail(store, err);
  }
  int rc = step(s); /* before the header: a statement that fails at once writes nothing */
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return hw_select_fail(store, err);
  ok = hw_formatter_begin(&f, format, s, store->line_width, sink, context, err);
  for (; ok && rc == SQLITE_ROW; rc = step(s))
    if (!hw_formatter_row(&f, s, err)) ok = false;
  if (ok && rc != SQLITE_DONE) ok = hw_select_fail(store, err);
  ok = ok && hw_formatter_end(&f, err);
  *n_rows = f.n_rows;
  hw_formatter_fini(&f);
  return ok;
}

bool hw_select(hw_store *store, const char *sql, const hw_parameter *parameters, size_t n_parameters,
               hw_table_format format, hw_sink sink, void *context, int64_t *n_rows, hw_error *err) {
  sqlite3_stmt *s;
  if (!hw_choice_check("format", (int)format, hw_table_format_names, err)) return false;
  bool ok = hw_select_open(store, sql, &s, err) && hw_query_bind(store, s, sql, parameters, n_parameters, err) &&
            run(store, s, format, sink, context, n_rows, err);
  hw_select_close(store, s);
  return ok;
}

bool hw_store_select(hw_store *store, const char *sql, const hw_parameter *parameters, size_t n_parameters,
                     hw_table_format format, hw_sink sink, void *context, hw_error *err) {
  int64_t n_rows;
  return hw_select(store, sql, parameters, n_parameters, format, sink, context, &n_rows, err);
}
