/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "web/page.h"

typedef struct page_settings {
  int64_t prompt, target;
  const char *out;
} page_settings;

static const double most_prompts = 4398046511103.0, most_positions = 1048575.0; /* what a database holds: store.h */

#define AT(field) offsetof(page_settings, field)
static const hw_option rows[] = {
    {"prompt", HW_OPTION_COUNT, AT(prompt), "N", "prompt_id", 0, most_prompts, NULL, false},
    {"target", HW_OPTION_COUNT, AT(target), "N", "target position; without it the last", 0, most_positions, NULL, false},
    {"out", HW_OPTION_TEXT, AT(out), "FILE", "the HTML file to write", 0, 0, NULL, false},
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};
static const page_settings usual = {.prompt = -1, .target = -1};

static const hw_option_table *options(void **defaults) {
  static page_settings settings;
  settings = usual;
  *defaults = &settings;
  return &table;
}

static bool is_same_file(const char *a, const char *b) {
  struct stat of_a, of_b;
  return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

static int run(const hw_command *command, int argc, char **argv) {
  page_settings settings = usual;
  const char *db;
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  if (settings.prompt < 0) return hw_cli_usage(command, "no --prompt N given");
  if (!settings.out) return hw_cli_usage(command, "no --out FILE given");
  if (is_same_file(db, settings.out)) return hw_cli_usage(command, "--out names the database itself");
  hw_store *store = NULL;
  hw_buffer title, data;
  hw_buffer_init(&title);
  hw_buffer_init(&data);
  bool ok = hw_cli_open_read(db, NULL, &store, &err) && hw_page_stored(store, db, settings.prompt, settings.target, &title, &data, &err) &&
            hw_page_write(settings.out, title.data, &data, &err);
  (void)hw_store_close(store, false, NULL);
  hw_buffer_fini(&title);
  hw_buffer_fini(&data);
  return ok ? 0 : hw_cli_fail(&err);
}

const hw_command hw_cmd_page = {
    .name = "page",
    .usage = "DB --prompt N [--target N] --out FILE.html",
    .summary = "the graph of one prompt as an HTML file that works from disk",
    .example = "  headwater page ioi.db --prompt 17 --out prompt_17.html\n",
    .options = options,
    .run = run,
};
