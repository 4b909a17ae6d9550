/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/select.h"
#include "base/text.h"
#include "headwater/query.h"
#include "query/select.h"
#include "run/ticker.h"

typedef struct sql_settings {
  int format;
  double timeout;
} sql_settings;

static const hw_option rows[] = {
    {"format", HW_OPTION_CHOICE, offsetof(sql_settings, format), "NAME", "table, csv or json", 0, 0, hw_table_format_names, false},
    {"timeout", HW_OPTION_NUMBER_FROM, offsetof(sql_settings, timeout), "SECONDS", "gives up after that time; 0: never", 0, 1e9, NULL, false},
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};
static const sql_settings usual = {.timeout = 600};

static const hw_option_table *options(void **defaults) {
  static sql_settings settings;
  settings = usual;
  *defaults = &settings;
  return &table;
}

static int end(bool ok, const hw_error *err) {
  if (!ok && ferror(stdout)) return hw_cli_finish();
  return ok ? hw_cli_finish() : hw_cli_fail(err);
}

const char *hw_cli_query_text(const char *name) {
  const hw_named_query *queries;
  size_t n = hw_named_queries(&queries);
  for (size_t i = 0; i < n; i++)
    if (strcmp(queries[i].name, name) == 0) return queries[i].sql;
  return NULL;
}

int hw_cli_select(hw_store *store, const char *sql, const hw_parameter *parameters, size_t n_parameters, hw_table_format format, int64_t *n_rows) {
  hw_error err = {0};
  int64_t n = 0;
  hw_store_set_line_width(store, hw_cli_line_width());
  bool ok = hw_select(store, sql, parameters, n_parameters, format, hw_cli_sink, NULL, &n, &err);
  if (n_rows) *n_rows = n;
  return end(ok, &err);
}

/* A statement, or .tables, .schema, .schema NAME, in place. */
static int answer(hw_store *store, char *text, hw_table_format format) {
  hw_error err = {0};
  text += strspn(text, " \t\r\n");
  if (*text != '.') return hw_cli_select(store, text, NULL, 0, format, NULL);
  for (size_t n = strlen(text); n && strchr(" \t\r\n;", text[n - 1]); n--) text[n - 1] = '\0';
  char *name = text + strcspn(text, " \t");
  if (*name) *name++ = '\0';
  name += strspn(name, " \t");
  hw_store_set_line_width(store, hw_cli_line_width());
  if (strcmp(text, ".tables") == 0) return end(hw_store_show_tables(store, format, hw_cli_sink, NULL, &err), &err);
  if (strcmp(text, ".schema") == 0) return end(hw_store_show_schema(store, *name ? name : NULL, hw_cli_sink, NULL, &err), &err);
  return end(hw_fail(&err, HW_ERROR_INPUT, "%.100s: want a SELECT, .tables, .schema or .schema NAME", text), &err);
}

enum { GRACE_SECONDS = 1 };

/* SQLite looks at the time between the steps of its machine, and one call of a function is one step. Reading can end anywhere. */
static void end_overdue(void *context) {
  const double *deadline = context;
  if (hw_clock_seconds() < *deadline) return;
  static const char text[] = "headwater: SQL: stopped at the time limit, in a call of a function\n";
  ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
  (void)ignored;
  _exit(1);
}

static int answer_in_time(hw_store *store, char *text, const sql_settings *settings) {
  hw_ticker ticker;
  hw_error err = {0};
  double deadline = hw_clock_seconds() + settings->timeout + GRACE_SECONDS;
  hw_store_set_timeout(store, settings->timeout);
  if (!(settings->timeout > 0)) return answer(store, text, (hw_table_format)settings->format);
  if (!hw_ticker_start(&ticker, end_overdue, &deadline, &err)) return hw_cli_fail(&err);
  int code = answer(store, text, (hw_table_format)settings->format);
  hw_ticker_stop(&ticker);
  return code;
}

static int run(const hw_command *command, int argc, char **argv) {
  sql_settings settings = usual;
  const char *positionals[2];
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, positionals, 1, 2, &n, &err)) return hw_cli_usage(command, err.message);
  hw_store *store;
  hw_buffer text;
  if (!hw_cli_open_read(positionals[0], NULL, &store, &err)) return hw_cli_fail(&err);
  hw_buffer_init(&text);
  bool given = n == 2 && strcmp(positionals[1], "-") != 0;
  if (given) hw_buffer_append_string(&text, positionals[1]);
  else if (isatty(STDIN_FILENO)) fprintf(stderr, "a statement, then Ctrl-D:\n");
  bool ok = given ? hw_buffer_check(&text, &err) : hw_cli_read_stdin(&text, &err);
  if (ok && text.length != (text.data ? strlen(text.data) : 0)) ok = hw_fail(&err, HW_ERROR_INPUT, "stdin: the statement holds a NUL byte");
  int code = !ok ? hw_cli_fail(&err) : answer_in_time(store, text.data ? text.data : (char[]){""}, &settings);
  hw_buffer_fini(&text);
  (void)hw_store_close(store, false, NULL);
  return code;
}

const hw_command hw_cmd_sql = {
    .name = "sql",
    .usage = "DB [\"SELECT ...\" | .tables | \".schema [NAME]\"] [options]",
    .summary = "any read-only SQL, with the functions that unpack stored columns",
    .example = "  headwater sql ioi.db \"SELECT e.* FROM graph g, hw_edges(g.edges) e\n"
               "    WHERE g.prompt_id = 17\"\n"
               "  headwater sql ioi.db .tables\n"
               "  headwater sql ioi.db <question.sql   (a statement from standard input)\n",
    .options = options,
    .run = run,
};
