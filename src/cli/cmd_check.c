/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stddef.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "headwater/check.h"

typedef struct check_options {
  const char *model, *architecture;
  int64_t sample, seed;
  double lock_timeout;
} check_options;

static const hw_option rows[] = {
    {"model", HW_OPTION_PATH, offsetof(check_options, model), "DIR", "the run's model: texts are tokenised, neurons projected, and prompts run again, bit for bit", 0, 0, NULL, false},
    {"architecture", HW_OPTION_PATH, offsetof(check_options, architecture), "FILE", "describes the model, instead of its headwater.json", 0, 0, NULL, false},
    {"sample", HW_OPTION_COUNT, offsetof(check_options, sample), "N", "prompts that the model runs again, chosen at random; 0: all", 0, 1e15, NULL, false},
    {"seed", HW_OPTION_COUNT, offsetof(check_options, seed), "N", "which prompts", 0, INT32_MAX, NULL, false},
    HW_LOCK_TIMEOUT_ROW(check_options),
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};
static const check_options usual = {.sample = 20, .seed = 1, .lock_timeout = HW_LOCK_SECONDS};

static const hw_option_table *options(void **defaults) {
  static check_options settings;
  settings = usual;
  *defaults = &settings;
  return &table;
}

static int run(const hw_command *command, int argc, char **argv) {
  check_options settings = usual;
  const char *db;
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  if (!settings.model && (settings.architecture || settings.sample != usual.sample || settings.seed != usual.seed))
    return hw_cli_usage(command, "--architecture, --sample and --seed need --model DIR: nothing is run again without it");
  hw_cli_progress progress;
  hw_cli_catch_interrupts("stopping");
  hw_cli_progress_start(&progress, false, settings.lock_timeout);
  hw_check_settings check = {.model = settings.model, .architecture = settings.architecture, .sample = settings.sample, .seed = (uint64_t)settings.seed, .hooks = &progress.hooks};
  int64_t n_differences;
  bool ok = hw_check(db, &check, hw_cli_sink, NULL, &n_differences, &err);
  hw_cli_progress_stop(&progress, false);
  int code = hw_cli_finish();
  if (code) return code;
  if (!ok) return hw_cli_fail(&err);
  if (!n_differences) printf("%s: no difference\n", db);
  else fprintf(stderr, "headwater: %s: %" PRId64 " difference%s\n", db, n_differences, n_differences == 1 ? "" : "s");
  code = hw_cli_finish();
  return code ? code : n_differences > 0;
}

const hw_command hw_cmd_check = {
    .name = "check",
    .usage = "DB [--model DIR [--sample N]]",
    .summary = "makes again what the rows determine, and compares",
    .example = "  headwater check ioi.db\n"
               "  headwater check ioi.db --model datasets/models/headwater-gpt2 --sample 100\n",
    .exit_codes = "1 also where something differs, 130 stopped",
    .options = options,
    .run = run,
};
