/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stddef.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "headwater/run.h"

typedef struct rethreshold_settings {
  double threshold, lock_timeout;
  const char *out;
} rethreshold_settings;

static const hw_option rows[] = {
    {"threshold", HW_OPTION_NUMBER, offsetof(rethreshold_settings, threshold), "T", "the new threshold, at least the run's floor", 0, 1, NULL, false},
    {"out", HW_OPTION_TEXT, offsetof(rethreshold_settings, out), "NEW.db", "database to make, or to continue", 0, 0, NULL, false},
    HW_LOCK_TIMEOUT_ROW(rethreshold_settings),
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};

static const rethreshold_settings usual = {.lock_timeout = HW_LOCK_SECONDS};

static const hw_option_table *options(void **defaults) {
  static rethreshold_settings settings;
  settings = usual;
  *defaults = &settings;
  return &table;
}

static int run(const hw_command *command, int argc, char **argv) {
  rethreshold_settings settings = usual;
  const char *db;
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  if (!(settings.threshold > 0)) return hw_cli_usage(command, "no --threshold T given");
  if (!settings.out) return hw_cli_usage(command, "no --out NEW.db given");
  int64_t n_prompts = 0;
  hw_cli_progress progress;
  hw_cli_catch_interrupts("finishing the chunks in work");
  hw_cli_progress_start(&progress, false, settings.lock_timeout);
  bool ok = hw_rethreshold(db, settings.threshold, settings.out, &progress.hooks, &n_prompts, &err);
  hw_cli_progress_stop(&progress, false);
  if (!ok) return hw_cli_fail(&err);
  printf("%s: %" PRId64 " prompts at threshold %g\n", settings.out, n_prompts, settings.threshold);
  return hw_cli_finish();
}

const hw_command hw_cmd_rethreshold = {
    .name = "rethreshold",
    .usage = "DB --threshold T --out NEW.db",
    .summary = "the same run at another threshold, without the model",
    .example = "  headwater run pipelines/ioi.ini\n"
               "  headwater rethreshold ioi.db --threshold 0.1 --out ioi-10.db\n",
    .exit_codes = "130 stopped: the same command continues",
    .options = options,
    .run = run,
};
