/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "cli/command.h"
#include "headwater/store.h"

typedef struct export_settings {
  const char *out;
} export_settings;

static const hw_option rows[] = {
    {"out", HW_OPTION_TEXT, offsetof(export_settings, out), "DIR", "folder, made if it is missing", 0, 0, NULL, false},
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};

static const hw_option_table *options(void **defaults) {
  static export_settings settings;
  *defaults = &settings;
  return &table;
}

static int run(const hw_command *command, int argc, char **argv) {
  export_settings settings = {0};
  const char *db;
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  if (!settings.out) return hw_cli_usage(command, "no --out DIR given");
  hw_store *store;
  if (!hw_store_open_read(db, &store, &err)) return hw_cli_fail(&err);
  bool ok = hw_store_export(store, settings.out, &err);
  (void)hw_store_close(store, false, NULL);
  return ok ? 0 : hw_cli_fail(&err);
}

const hw_command hw_cmd_export = {
    .name = "export",
    .usage = "DB --out DIR",
    .summary = "CSV aggregates, the [layers x heads] matrix and MANIFEST.json",
    .example = "  headwater export ioi.db --out paper/\n",
    .options = options,
    .run = run,
};
