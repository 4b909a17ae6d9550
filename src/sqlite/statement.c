/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/statement.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/progress.h"
#include "sqlite/sql.h"

enum { MOST_PARAMETERS = 64 }; /* bits of hw_statement.bound */

static bool open_flagged(hw_statement *s, hw_store *store, const char *file, const char *sql, unsigned flags, hw_error *err) {
  *s = (hw_statement){.store = store, .file = file};
  if (!sql) return hw_fail(err, HW_ERROR_UNSUPPORTED, "sql/%s is not part of this program", file);
  errno = 0;
  if (sqlite3_prepare_v3(store->db, sql, -1, flags, &s->sqlite, NULL) != SQLITE_OK) return hw_store_fail_at(store, file, err);
  s->n_parameters = sqlite3_bind_parameter_count(s->sqlite);
  if (s->n_parameters <= MOST_PARAMETERS) return true;
  return hw_fail(err, HW_ERROR_UNSUPPORTED, "sql/%s has %d parameters, at most %d", file, s->n_parameters, MOST_PARAMETERS);
}

bool hw_statement_open(hw_statement *s, hw_store *store, const char *file, hw_error *err) {
  return open_flagged(s, store, file, hw_sql(file), 0, err);
}

bool hw_statement_open_text(hw_statement *s, hw_store *store, const char *file, const char *sql, hw_error *err) {
  return open_flagged(s, store, file, sql, 0, err);
}

void hw_statement_close(hw_statement *s) {
  (void)sqlite3_finalize(s->sqlite);
  *s = (hw_statement){0};
}

hw_statement *hw_store_statement(hw_store *store, const char *file, hw_error *err) {
  hw_statement *s = store->statements;
  size_t i = 0;
  while (i < store->n_statements && s[i].file != file) i++; /* a literal is mostly the same pointer */
  if (i == store->n_statements)
    for (i = 0; i < store->n_statements && strcmp(s[i].file, file) != 0;) i++;
  if (i < store->n_statements) {
    hw_statement_reset(&s[i]);
    return &s[i];
  }
  if (i == HW_MOST_STATEMENTS) {
    hw_fail(err, HW_ERROR_UNSUPPORTED, "sql/%s: more than %d statements are kept", file, HW_MOST_STATEMENTS);
    return NULL;
  }
  if (open_flagged(&s[i], store, file, hw_sql(file), SQLITE_PREPARE_PERSISTENT, err)) {
    store->n_statements++;
    return &s[i];
  }
  hw_statement_close(&s[i]);
  return NULL;
}

/* ---- binding ---- */

/* The number of a parameter: mostly the next one. 0, which SQLite refuses, when there is none. */
static int number_of(hw_statement *s, const char *name) {
  const char *next = sqlite3_bind_parameter_name(s->sqlite, s->n_bound + 1);
  int number = next && !strcmp(next, name) ? s->n_bound + 1 : sqlite3_bind_parameter_index(s->sqlite, name);
  uint64_t bit = number ? UINT64_C(1) << (number - 1) : 0;
  if ((!number || s->bound & bit) && !s->wrong) s->wrong = name;
  s->bound |= bit;
  s->n_bound++;
  return number;
}

/* The first value that SQLite did not take, which is an error of the next step. What `wrong` names it has refused too. */
static void keep(hw_statement *s, int rc) {
  if (rc != SQLITE_OK && s->refused == SQLITE_OK) s->refused = rc;
}

void hw_bind_integer(hw_statement *s, const char *name, int64_t value) { keep(s, sqlite3_bind_int64(s->sqlite, number_of(s, name), value)); }

void hw_bind_real(hw_statement *s, const char *name, double value) { keep(s, sqlite3_bind_double(s->sqlite, number_of(s, name), value)); }

void hw_bind_string(hw_statement *s, const char *name, const char *text) { hw_bind_text(s, name, text, text ? strlen(text) : 0); }

void hw_bind_text(hw_statement *s, const char *name, const char *bytes, size_t length) {
  int number = number_of(s, name);
  keep(s, bytes ? sqlite3_bind_text64(s->sqlite, number, bytes, length, SQLITE_STATIC, SQLITE_UTF8) : sqlite3_bind_null(s->sqlite, number));
}

void hw_bind_blob(hw_statement *s, const char *name, const void *bytes, size_t length) {
  keep(s, sqlite3_bind_blob64(s->sqlite, number_of(s, name), bytes ? bytes : "", length, SQLITE_STATIC));
}

void hw_bind_null(hw_statement *s, const char *name) { keep(s, sqlite3_bind_null(s->sqlite, number_of(s, name))); }

void hw_bind_column(hw_statement *s, const char *name, const hw_statement *from, int column) {
  keep(s, sqlite3_bind_value(s->sqlite, number_of(s, name), sqlite3_column_value(from->sqlite, column)));
}

/* Is the statement ready for a step? */
static bool check(const hw_statement *s, hw_error *err) {
  if (s->store->stoppable && hw_asked_to_stop(s->store->hooks)) return hw_store_stopped(s->store, err);
  if (!s->wrong && s->refused)
    return hw_fail(err, s->refused == SQLITE_NOMEM ? HW_ERROR_MEMORY : HW_ERROR_UNSUPPORTED, "%s: cannot bind the values of sql/%s: %s", s->store->path, s->file,
                   sqlite3_errstr(s->refused));
  if (!s->wrong && s->n_bound == s->n_parameters) return true;
  return hw_fail(err, HW_ERROR_UNSUPPORTED, "sql/%s: %d parameters are bound, it has %d%s%s", s->file, s->n_bound, s->n_parameters,
                 s->wrong ? "; unknown or bound twice: " : "", s->wrong ? s->wrong : "");
}

/* ---- running ---- */

bool hw_statement_step(hw_statement *s, bool *row, hw_error *err) {
  *row = false;
  if (!check(s, err)) return false;
  errno = 0;
  int rc = sqlite3_step(s->sqlite);
  *row = rc == SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE || hw_store_fail_at(s->store, s->file, err);
}

void hw_statement_rewind(hw_statement *s) { (void)sqlite3_reset(s->sqlite); }

void hw_statement_reset(hw_statement *s) {
  hw_statement_rewind(s);
  s->bound = 0;
  s->n_bound = 0;
  s->wrong = NULL;
  s->refused = SQLITE_OK;
}

bool hw_statement_run(hw_statement *s, const char *doing, hw_error *err) {
  errno = 0;
  bool ok = check(s, err) && (sqlite3_step(s->sqlite) == SQLITE_DONE || hw_store_fail(s->store, doing, err));
  hw_statement_reset(s);
  return ok;
}

/* ---- columns ---- */

bool hw_column_is_null(const hw_statement *s, int column) { return sqlite3_column_type(s->sqlite, column) == SQLITE_NULL; }

int64_t hw_column_integer(const hw_statement *s, int column) { return sqlite3_column_int64(s->sqlite, column); }

double hw_column_real(const hw_statement *s, int column) { return sqlite3_column_double(s->sqlite, column); }

const char *hw_column_text(const hw_statement *s, int column) { return (const char *)sqlite3_column_text(s->sqlite, column); }

const void *hw_column_blob(const hw_statement *s, int column, size_t *length) {
  const void *bytes = sqlite3_column_blob(s->sqlite, column);
  *length = (size_t)sqlite3_column_bytes(s->sqlite, column);
  return bytes ? bytes : "";
}

bool hw_column_copy(const hw_statement *s, int column, hw_arena *arena, const char **text, size_t *length, hw_error *err) {
  *text = NULL;
  *length = 0;
  if (hw_column_is_null(s, column)) return true;
  const void *bytes = hw_column_blob(s, column, length);
  *text = hw_arena_copy(arena, bytes, *length, err);
  return *text != NULL;
}

enum { MOST_TEXT = 60 }; /* bytes */

void hw_column_print(const hw_statement *s, int column, hw_buffer *out) {
  size_t length;
  const void *bytes;
  switch (sqlite3_column_type(s->sqlite, column)) {
    case SQLITE_NULL: hw_buffer_append_string(out, "NULL"); break;
    case SQLITE_INTEGER: hw_buffer_printf(out, "%" PRId64, hw_column_integer(s, column)); break;
    case SQLITE_FLOAT: hw_buffer_printf(out, "%.17g", hw_column_real(s, column)); break;
    case SQLITE_TEXT:
      bytes = hw_column_blob(s, column, &length);
      hw_buffer_printf(out, "'%.*s'%s", (int)(length < MOST_TEXT ? length : MOST_TEXT), (const char *)bytes, length > MOST_TEXT ? "..." : "");
      break;
    default:
      bytes = hw_column_blob(s, column, &length);
      hw_buffer_printf(out, "a blob of %zu bytes", length);
  }
}
