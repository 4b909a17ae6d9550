/* SPDX-License-Identifier: Apache-2.0
 * headwater_manual SOURCE_DIR OUT_DIR: writes the pages and the completions. Runs in the build, is not installed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "manual/manual.h"
#include "manual/roff.h"
#include "query/list.h"

static const char *source_folder, *out_folder;

static bool write_file(const char *name, const hw_buffer *out) {
  char path[4096];
  (void)snprintf(path, sizeof path, "%s/%s", out_folder, name);
  FILE *file = fopen(path, "w");
  bool ok = file && !out->failed && fwrite(out->data, 1, out->length, file) == out->length;
  ok = file && fclose(file) == 0 && ok;
  if (!ok) fprintf(stderr, "headwater_manual: %s: %s\n", path, strerror(errno));
  return ok;
}

static void put_options(const hw_command *command, hw_buffer *out) {
  if (!command->options) return;
  void *defaults;
  const hw_option_table *table = command->options(&defaults);
  roff_section(out, "OPTIONS");
  for (size_t i = 0; i < table->n; i++) {
    const hw_option *option = &table->rows[i];
    char name[64], usage[64];
    hw_buffer text;
    hw_buffer_init(&text);
    (void)snprintf(name, sizeof name, "--%s", option->name);
    hw_option_describe(option, defaults, &text);
    roff_term(out, name, hw_option_usage(option, usage), text.data, text.length);
    for (int c = 0; option->choices && option->choices[c]; c++)
      hw_buffer_printf(out, "%s\\fB%s\\fR%s", c ? ", " : "One of ", option->choices[c], option->choices[c + 1] ? "" : ".\n");
    hw_buffer_fini(&text);
  }
}

/* The help of every named query without its statement. */
static bool put_queries(hw_buffer *out) {
  hw_query_list list;
  hw_error err = {0};
  if (!hw_query_list_init(&list, NULL, &err)) return fprintf(stderr, "headwater_manual: %s\n", err.message), false;
  for (size_t i = 0; i < list.n; i++) {
    hw_buffer help;
    hw_buffer_init(&help);
    hw_query_help(&list.rows[i], "DB", 0, &help);
    const char *at = strstr(help.data, "\n\n"), *end = help.data + help.length;
    hw_buffer_printf(out, ".SS %s\n", list.rows[i].name);
    for (at = at ? at + 2 : end; at < end;) {
      size_t n = strcspn(at, "\n"), name = n > 2 ? strcspn(at + 2, " \n") : 0;
      if (strncmp(at, "  --", 4) == 0) {
        char term[64], value[64];
        size_t argument = strcspn(at + 3 + name, " \n"), gap = strspn(at + 3 + name + argument, " ");
        (void)snprintf(term, sizeof term, "%.*s", (int)name, at + 2);
        (void)snprintf(value, sizeof value, "%.*s", (int)argument, at + 3 + name);
        roff_term(out, term, value, at + 3 + name + argument + gap, n - 3 - name - argument - gap);
      } else {
        roff_text(out, at, n);
        hw_buffer_append_byte(out, '\n');
      }
      at += n + 1;
    }
    hw_buffer_fini(&help);
  }
  hw_query_list_fini(&list);
  return true;
}

static void put_commands(hw_buffer *out) {
  for (size_t i = 0; i < hw_n_commands; i++) {
    char name[64];
    (void)snprintf(name, sizeof name, "headwater-%s(1)", hw_commands[i]->name);
    roff_term(out, name, NULL, hw_commands[i]->summary, strlen(hw_commands[i]->summary));
  }
}

static bool insert(void *context, const char *name, hw_buffer *out) {
  const hw_command *command = context;
  if (strcmp(name, "options") == 0 && command) return put_options(command, out), true;
  if (strcmp(name, "queries") == 0) return put_queries(out);
  if (strcmp(name, "commands") == 0) return put_commands(out), true;
  return manual_database(name, out);
}

/* The text of man/NAME.txt, if there is one. */
static bool put_source(const char *name, const hw_command *command, bool must, hw_buffer *out) {
  char path[4096];
  hw_file file;
  hw_error err = {0};
  (void)snprintf(path, sizeof path, "%s/%s.txt", source_folder, name);
  if (!must && !hw_file_exists(path)) return true;
  if (!hw_file_open(path, &file, &err)) return fprintf(stderr, "headwater_manual: %s\n", err.message), false;
  hw_buffer text;
  hw_buffer_init(&text);
  hw_buffer_append(&text, file.data, file.size);
  hw_file_close(&file);
  bool ok = !text.failed && text.data && roff_source(out, text.data, insert, (void *)(uintptr_t)command);
  hw_buffer_fini(&text);
  return ok || (fprintf(stderr, "headwater_manual: %s: cannot be read as a page\n", path), false);
}

static bool write_command(const hw_command *command) {
  char name[64], file[80];
  hw_buffer out;
  hw_buffer_init(&out);
  (void)snprintf(name, sizeof name, "headwater-%s", command->name);
  (void)snprintf(file, sizeof file, "%s.1", name);
  roff_title(&out, name, "1");
  roff_section(&out, "NAME");
  roff_text(&out, name, strlen(name));
  hw_buffer_append_string(&out, " \\- ");
  roff_text(&out, command->summary, strlen(command->summary));
  hw_buffer_append_byte(&out, '\n');
  roff_section(&out, "SYNOPSIS");
  hw_buffer_printf(&out, "\\fBheadwater %s\\fR\n", command->name);
  for (const char *at = command->usage; *at;) {
    size_t n = strcspn(at, "\n");
    roff_text(&out, at, n);
    hw_buffer_append_byte(&out, '\n');
    at += n + (at[n] == '\n');
    at += strspn(at, " ");
  }
  bool ok = put_source(name, command, false, &out);
  put_options(command, &out);
  if (strcmp(command->name, "query") == 0) {
    roff_section(&out, "QUERIES");
    ok = ok && put_queries(&out);
  }
  roff_section(&out, "EXIT STATUS");
  hw_buffer exits;
  hw_buffer_init(&exits);
  hw_cli_exit_codes(command, &exits);
  roff_text(&out, exits.data ? exits.data : "", exits.length);
  hw_buffer_append_byte(&out, '\n');
  hw_buffer_fini(&exits);
  roff_section(&out, "EXAMPLES");
  roff_literal(&out, command->example, strlen(command->example));
  roff_section(&out, "SEE ALSO");
  hw_buffer_append_string(&out, ".BR headwater (1),\n.BR headwater\\-model (5),\n.BR headwater\\-database (5)\n");
  ok = ok && write_file(file, &out);
  hw_buffer_fini(&out);
  return ok;
}

static bool write_page(const char *name, const char *section) {
  char file[80];
  hw_buffer out;
  hw_buffer_init(&out);
  (void)snprintf(file, sizeof file, "%s.%s", name, section);
  roff_title(&out, name, section);
  bool ok = put_source(name, NULL, true, &out) && write_file(file, &out);
  hw_buffer_fini(&out);
  return ok;
}

static bool write_completion(const char *name, void (*make)(hw_buffer *out)) {
  hw_buffer out;
  hw_buffer_init(&out);
  make(&out);
  bool ok = write_file(name, &out);
  hw_buffer_fini(&out);
  return ok;
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: headwater_manual SOURCE_DIR OUT_DIR\n"), 2;
  source_folder = argv[1];
  out_folder = argv[2];
  bool ok = write_page("headwater", "1") && write_page("headwater-model", "5") && write_page("headwater-database", "5") &&
            write_completion("headwater.bash", manual_bash) && write_completion("_headwater", manual_zsh);
  for (size_t i = 0; ok && i < hw_n_commands; i++) ok = write_command(hw_commands[i]);
  return ok ? 0 : 1;
}
