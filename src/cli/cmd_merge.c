/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stddef.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "headwater/store.h"

typedef struct merge_settings {
  bool partial, quiet;
  double lock_timeout;
} merge_settings;

static const hw_option rows[] = {
    {"partial", HW_OPTION_FLAG, offsetof(merge_settings, partial), NULL, "merge what is there, also when prompts of the run are in none of the files", 0, 0, NULL, false},
    {"quiet", HW_OPTION_FLAG, offsetof(merge_settings, quiet), NULL, "no progress", 0, 0, NULL, false},
    HW_LOCK_TIMEOUT_ROW(merge_settings),
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};

static const merge_settings usual = {.lock_timeout = HW_LOCK_SECONDS};

static const hw_option_table *options(void **defaults) {
  static merge_settings settings;
  settings = usual;
  *defaults = &settings;
  return &table;
}

static int run(const hw_command *command, int argc, char **argv) {
  merge_settings settings = usual;
  const char *paths[HW_MOST_MERGED + 2]; /* room for one too many */
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, paths, 2, HW_MOST_MERGED + 2, &n, &err)) return hw_cli_usage(command, err.message);
  if (n > HW_MOST_MERGED + 1) {
    (void)hw_fail(&err, HW_ERROR_INPUT, "more than %d files: merge some of them with --partial, then the result with the others", HW_MOST_MERGED);
    return hw_cli_usage(command, err.message);
  }
  hw_merge_result result;
  hw_cli_progress progress;
  hw_cli_catch_interrupts("finishing the chunks in work");
  hw_cli_progress_start(&progress, settings.quiet, settings.lock_timeout);
  bool ok = hw_store_merge(paths[0], paths + 1, (size_t)n - 1, settings.partial, &progress.hooks, &result, &err);
  hw_cli_progress_stop(&progress, false);
  if (!ok) return hw_cli_fail(&err);
  printf("%s: %" PRId64 " prompts stored, %" PRId64 " failed", paths[0], result.stored, result.failed);
  if (result.stored + result.failed < result.planned) printf(", %" PRId64 " of %" PRId64 " missing", result.planned - result.stored - result.failed, result.planned);
  printf(result.was_there ? "; was merged before\n" : ", of %d file%s\n", n - 1, n == 2 ? "" : "s");
  return hw_cli_finish();
}

const hw_command hw_cmd_merge = {
    .name = "merge",
    .usage = "OUT.db SHARD.db... [options]",
    .summary = "one database out of those of a run's shards",
    .example = "  for k in 1 2; do headwater run JOB.ini --shard $k/2 --db part-$k.db; done\n"
               "  headwater merge all.db part-1.db part-2.db\n",
    .exit_codes = "130 stopped: the same command continues",
    .options = options,
    .run = run,
};
