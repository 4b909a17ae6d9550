/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stddef.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/space.h"

typedef struct pack_settings {
  double lock_timeout;
} pack_settings;

static const hw_option rows[] = {HW_LOCK_TIMEOUT_ROW(pack_settings)};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};
static const pack_settings usual = {.lock_timeout = HW_LOCK_SECONDS};

static const hw_option_table *options(void **defaults) {
  static pack_settings settings;
  settings = usual;
  *defaults = &settings;
  return &table;
}

static bool put_report(const char *db, int64_t before, int64_t after, hw_buffer *out, hw_error *err) {
  hw_store *store;
  if (!hw_cli_open_read(db, NULL, &store, err)) return false;
  bool ok = hw_cli_put_space(store, out, err);
  (void)hw_store_close(store, false, NULL);
  hw_buffer_printf(out, "\n%s: %" PRId64 " bytes before, %" PRId64 " now\n", db, before, after);
  return ok;
}

static int run(const hw_command *command, int argc, char **argv) {
  pack_settings settings = usual;
  const char *db;
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  hw_cli_progress progress;
  int64_t before, after;
  hw_cli_catch_interrupts("stopping");
  hw_cli_progress_start(&progress, true, settings.lock_timeout);
  bool ok = hw_store_pack(db, &progress.hooks, &before, &after, &err);
  hw_cli_progress_stop(&progress, false);
  if (!ok) return hw_cli_fail(&err);
  hw_buffer out;
  hw_buffer_init(&out);
  int code = put_report(db, before, after, &out, &err) ? hw_cli_write(&out) : hw_cli_fail(&err);
  hw_buffer_fini(&out);
  return code;
}

const hw_command hw_cmd_pack = {
    .name = "pack",
    .usage = "DB",
    .summary = "gives back free pages, and says what takes disk space",
    .example = "  headwater pack ioi.db\n",
    .exit_codes = "130 stopped: it is not packed",
    .options = options,
    .run = run,
};
