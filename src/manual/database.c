/* SPDX-License-Identifier: Apache-2.0
 * Tables and views of a database, from the comments of the SQL files that make them. What columns a view has, SQLite says. */
#include <stdio.h>
#include <string.h>

#include "manual/manual.h"
#include "manual/roff.h"
#include "functions/functions.h"
#include "sqlite/sql.h"
#include "sqlite/sqlite.h"

static const char *next_line(const char *at) {
  at += strcspn(at, "\n");
  return at + (*at == '\n');
}

/* The comment lines directly above `at`, as one paragraph. */
static void put_comment_above(const char *file, const char *at, hw_buffer *out) {
  const char *first = at;
  while (first > file) {
    const char *line = first - 1;
    while (line > file && line[-1] != '\n') line--;
    if (strncmp(line, "-- ", 3) != 0 || strncmp(line, "-- SPDX", 7) == 0) break;
    first = line;
  }
  if (first == at) return;
  for (; first < at; first = next_line(first)) {
    roff_text(out, first + 3, strcspn(first + 3, "\n"));
    hw_buffer_append_byte(out, '\n');
  }
}

/* Columns of a table: the lines of its statement, with the comments behind them. */
static void put_table_columns(const char *statement, hw_buffer *out) {
  for (const char *at = next_line(statement); *at && *at != ')'; at = next_line(at)) {
    size_t n = strcspn(at, "\n"), word = strcspn(at + 2, " ");
    if (strncmp(at, "  ", 2) != 0 || strncmp(at + 2, "PRIMARY", 7) == 0 || strncmp(at + 2, "UNIQUE", 6) == 0 || strncmp(at + 2, "CHECK", 5) == 0)
      continue;
    if (at[2] < 'a' || at[2] > 'z') continue;
    char name[64];
    (void)snprintf(name, sizeof name, "%.*s", (int)word, at + 2);
    const char *comment = strstr(at, "-- ");
    if (comment && comment < at + n) roff_term(out, name, NULL, comment + 3, (size_t)(at + n - comment - 3));
    else roff_term(out, name, NULL, "", 0);
  }
}

static void put_view_columns(sqlite3 *db, const char *name, hw_buffer *out) {
  sqlite3_stmt *s = NULL;
  if (sqlite3_prepare_v2(db, "SELECT group_concat(name, ', ') FROM pragma_table_info(?)", -1, &s, NULL) == SQLITE_OK &&
      sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    hw_buffer_append_string(out, ".br\nColumns: ");
    const char *columns = (const char *)sqlite3_column_text(s, 0);
    if (columns) roff_text(out, columns, strlen(columns));
    hw_buffer_append_string(out, ".\n");
  }
  (void)sqlite3_finalize(s);
}

/* Every statement of the file that begins so. */
static void put_file(sqlite3 *db, const char *name, const char *create, bool views, hw_buffer *out) {
  const char *file = hw_sql(name);
  for (const char *at = file; at && (at = strstr(at, create)); at++) {
    if (at > file && at[-1] != '\n') continue;
    char item[64];
    const char *word = at + strlen(create);
    if (strncmp(word, "IF NOT EXISTS ", 14) == 0) word += 14;
    (void)snprintf(item, sizeof item, "%.*s", (int)strcspn(word, " (\n"), word);
    hw_buffer_printf(out, ".SS %s\n", item);
    put_comment_above(file, at, out);
    if (views) put_view_columns(db, item, out);
    else put_table_columns(at, out);
  }
}

/* The legend of a file: its lines "--   name, name   meaning". */
static void put_legend(const char *name, hw_buffer *out) {
  for (const char *at = hw_sql(name); at && strncmp(at, "--", 2) == 0; at = next_line(at)) {
    if (strncmp(at, "--   ", 5) != 0) continue;
    const char *term = at + 5, *gap = strstr(term, "  ");
    size_t n = strcspn(term, "\n");
    if (!gap || gap >= term + n) continue;
    char names[128];
    (void)snprintf(names, sizeof names, "%.*s", (int)(gap - term), term);
    const char *meaning = gap + strspn(gap, " ");
    roff_term(out, names, NULL, meaning, (size_t)(term + n - meaning));
  }
}

static void put_functions(hw_buffer *out) {
  static const char *const arguments[] = {[HW_ARGUMENT_NONE] = "(column)", [HW_ARGUMENT_THRESHOLD] = "(column [, threshold])",
                                          [HW_ARGUMENT_SHARE] = "(column [, threshold])",
                                          [HW_ARGUMENT_TOKEN] = "(column [, token_id])"};
  for (size_t i = 0; i < hw_n_table_functions; i++) {
    const hw_table_function *function = &hw_table_functions[i];
    roff_term(out, function->name, arguments[function->argument], function->columns, strlen(function->columns));
  }
}

bool manual_database(const char *what, hw_buffer *out) {
  sqlite3 *db = NULL;
  bool ok = sqlite3_open(":memory:", &db) == SQLITE_OK && hw_register_functions(db) == SQLITE_OK &&
            sqlite3_exec(db, hw_sql("schema.sql"), NULL, NULL, NULL) == SQLITE_OK &&
            sqlite3_exec(db, hw_sql("views.sql"), NULL, NULL, NULL) == SQLITE_OK &&
            sqlite3_exec(db, hw_sql("temp_views.sql"), NULL, NULL, NULL) == SQLITE_OK;
  if (!ok) (void)fprintf(stderr, "manual: %s\n", sqlite3_errmsg(db));
  if (ok && strcmp(what, "legend") == 0) put_legend("views.sql", out);
  if (ok && strcmp(what, "functions") == 0) put_functions(out);
  if (ok && strcmp(what, "views") == 0) put_file(db, "views.sql", "CREATE VIEW ", true, out);
  if (ok && strcmp(what, "unpacked") == 0) put_file(db, "temp_views.sql", "CREATE TEMP VIEW ", true, out);
  if (ok && strcmp(what, "tables") == 0) put_file(db, "schema.sql", "CREATE TABLE ", false, out);
  if (ok && strcmp(what, "added") == 0) {
    put_file(db, "mining/schema.sql", "CREATE TABLE ", false, out);
    put_file(db, "compare/schema.sql", "CREATE TABLE ", false, out);
    put_file(db, "certify/schema.sql", "CREATE TABLE ", false, out);
    put_file(db, "profile/schema.sql", "CREATE TABLE ", false, out);
  }
  (void)sqlite3_close(db);
  return ok;
}
