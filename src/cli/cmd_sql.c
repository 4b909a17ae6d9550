/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "cli/command.h"
#include "cli/select.h"
#include "headwater/query.h"

const char *const hw_cli_format_names[] = {"table", "csv", "json", NULL};

typedef struct sql_settings {
  int format;
  double timeout;
} sql_settings;

static const hw_option rows[] = {
    {"format", HW_OPTION_CHOICE, offsetof(sql_settings, format), "NAME", "table, csv or json", 0, 0, hw_cli_format_names, false},
    {"timeout", HW_OPTION_NUMBER, offsetof(sql_settings, timeout), "SECONDS", "gives up after that time; without it never", 0, 1e9, NULL, false},
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};

static const hw_option_table *options(void **defaults) {
  static sql_settings settings;
  *defaults = &settings;
  return &table;
}

int hw_cli_select(hw_store *store, const char *sql, const hw_parameter *parameters, size_t n_parameters, hw_table_format format) {
  hw_error err = {0};
  hw_store_set_line_width(store, hw_cli_line_width());
  bool ok = hw_store_select(store, sql, parameters, n_parameters, format, hw_cli_sink, NULL, &err);
  if (!ok && ferror(stdout)) return hw_cli_finish();
  return ok ? hw_cli_finish() : hw_cli_fail(&err);
}

static int run(const hw_command *command, int argc, char **argv) {
  sql_settings settings = {0};
  const char *positionals[2];
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, positionals, 2, 2, &n, &err)) return hw_cli_usage(command, err.message);
  hw_store *store;
  if (!hw_cli_open_read(positionals[0], NULL, &store, &err)) return hw_cli_fail(&err);
  hw_store_set_timeout(store, settings.timeout);
  int code = hw_cli_select(store, positionals[1], NULL, 0, (hw_table_format)settings.format);
  (void)hw_store_close(store, false, NULL);
  return code;
}

const hw_command hw_cmd_sql = {
    .name = "sql",
    .usage = "DB \"SELECT ...\" [--format NAME] [--timeout SECONDS]",
    .summary = "any read-only SQL, with the functions that unpack stored columns",
    .example = "  headwater sql ioi.db \"SELECT e.* FROM graph g, hw_edges(g.edges) e\n"
               "    WHERE g.prompt_id = 17\"\n",
    .options = options,
    .run = run,
};
