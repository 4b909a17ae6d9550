/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "headwater/store.h"

static int run(const hw_command *command, int argc, char **argv) {
  const char *db;
  char hex[33];
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, (hw_option_table){0}, NULL, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  hw_store *store;
  if (!hw_cli_open_read(db, NULL, &store, &err)) return hw_cli_fail(&err);
  bool ok = hw_store_digest(store, hex, &err);
  (void)hw_store_close(store, false, NULL);
  if (!ok) return hw_cli_fail(&err);
  printf("%s\n", hex);
  return hw_cli_finish();
}

const hw_command hw_cmd_digest = {
    .name = "digest",
    .usage = "DB",
    .summary = "hash of the content, the same for two runs of the same thing",
    .example = "  headwater digest ioi.db\n",
    .run = run,
};
