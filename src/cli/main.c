/* SPDX-License-Identifier: Apache-2.0
 * headwater COMMAND ...: the list of commands and help. */
#include <fcntl.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/command.h"
#include "base/text.h"

static int list_commands(FILE *out) {
  fprintf(out, "headwater " HW_VERSION ": traces every prediction of a transformer back to the parts\n"
               "that made it, over whole data sets, into an SQLite database.\n\nusage: headwater COMMAND ...\n\n");
  for (size_t i = 0; i < hw_n_commands; i++) fprintf(out, "  %-11s %s\n", hw_commands[i]->name, hw_commands[i]->summary);
  fprintf(out, "\nheadwater COMMAND --help tells more. headwater version prints the version.\n");
  return hw_cli_finish();
}

static int help(const hw_command *command) {
  hw_buffer out;
  hw_buffer_init(&out);
  hw_buffer_printf(&out, "usage: headwater %s %s\n\n%s\n", command->name, command->usage, command->summary);
  if (command->options) {
    void *defaults;
    const hw_option_table *table = command->options(&defaults);
    hw_buffer_append_string(&out, "\noptions:\n");
    hw_options_help(*table, defaults, &out);
  }
  hw_buffer_append_string(&out, "\nexit codes: ");
  hw_cli_exit_codes(command, &out);
  hw_buffer_printf(&out, "\n\nexample:\n%s", command->example);
  int code = hw_cli_write(&out);
  hw_buffer_fini(&out);
  return code;
}

/* Is one of the arguments one of these two words? */
static bool has_word(int argc, char **argv, const char *word, const char *other) {
  for (int i = 0; i < argc; i++)
    if (strcmp(argv[i], word) == 0 || strcmp(argv[i], other) == 0) return true;
  return false;
}

/* The help of a command; arguments may say more, as the name of a query. */
static int help_of(const hw_command *command, int argc, char **argv) {
  int code = command->help ? command->help(command, argc, argv) : -1;
  return code >= 0 ? code : help(command);
}

/* The first argument that does not ask for help, or NULL. */
static const char *first_other(int argc, char **argv) {
  for (int i = 0; i < argc; i++)
    if (!has_word(1, argv + i, "--help", "-h")) return argv[i];
  return NULL;
}

static int too_many(const char *argument) {
  fprintf(stderr, "headwater: one argument too many: \"%.200s\"\n", argument);
  return EXIT_USAGE;
}

static int unknown_command(const char *name) {
  const char *names[64];
  for (size_t i = 0; i < hw_n_commands; i++) names[i] = hw_commands[i]->name;
  hw_suggestion near = hw_suggest(name, "", names, hw_n_commands);
  fprintf(stderr, "headwater: unknown command \"%.100s\"%s\n", name, *near.text ? near.text : " (headwater alone lists them)");
  return EXIT_USAGE;
}

/* A file opened later must not become stdin, stdout or stderr of a program that was started without them: a message would be
 * written into the database. Writing to the stand-in fails, as it would have. */
static void fill_standard_files(void) {
  for (int fd = 0; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd) _exit(1);
}

/* Weights and data sets are read through mappings: a file that is cut short meanwhile ends in SIGBUS. */
static void on_bus_error(int signal_number) {
  (void)signal_number;
  static const char text[] = "headwater: a file was cut short while it was being read (the model's weights or the data set)\n";
  ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
  (void)ignored;
  _exit(1);
}

/* For Jansson: it does not look at all of its allocations, and where one is refused a text may lose a byte. */
static void *allocate_json(size_t size) {
  static const char message[] = "headwater: out of memory: a JSON text\n";
  void *memory = malloc(size);
  if (memory || !size) return memory;
  (void)!write(STDERR_FILENO, message, sizeof message - 1);
  _exit(1);
}

enum { LEAST_STACK_KILOBYTES = 256 };

/* Threads have stacks of this size too. A stack that is too small ends the program by a segmentation fault. */
static bool check_stack(void) {
  struct rlimit stack;
  if (getrlimit(RLIMIT_STACK, &stack) != 0 || stack.rlim_cur == RLIM_INFINITY || stack.rlim_cur >= (rlim_t)LEAST_STACK_KILOBYTES * 1024) return true;
  fprintf(stderr, "headwater: the stack is limited to %ju KiB (ulimit -s), wanted at least %d\n", (uintmax_t)stack.rlim_cur / 1024, LEAST_STACK_KILOBYTES);
  return false;
}

int main(int argc, char **argv) {
  fill_standard_files();
  json_set_alloc_funcs(allocate_json, free);
  (void)signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error of write, not the end */
  (void)signal(SIGBUS, on_bus_error);
  if (argc < 2) {
    list_commands(stdout);
    return EXIT_USAGE;
  }
  bool asks_for_help = has_word(1, argv + 1, "--help", "-h") || strcmp(argv[1], "help") == 0;
  if (asks_for_help && !first_other(argc - 2, argv + 2)) return list_commands(stdout);
  if (has_word(1, argv + 1, "--version", "-V") || strcmp(argv[1], "version") == 0) {
    const char *other = first_other(argc - 2, argv + 2);
    if (other) return too_many(other);
    printf("headwater " HW_VERSION "\n");
    return hw_cli_finish();
  }
  if (asks_for_help && has_word(1, argv + 2, "help", "version")) {
    const char *other = first_other(argc - 3, argv + 3);
    return other ? too_many(other) : list_commands(stdout);
  }
  char **rest = argv + 1 + asks_for_help;
  int n_rest = argc - 1 - asks_for_help;
  for (size_t i = 0; i < hw_n_commands; i++) {
    if (strcmp(rest[0], hw_commands[i]->name) != 0) continue;
    const char *other = asks_for_help && !hw_commands[i]->help ? first_other(n_rest - 1, rest + 1) : NULL;
    if (other) return too_many(other);
    if (asks_for_help || has_word(n_rest - 1, rest + 1, "--help", "-h")) return help_of(hw_commands[i], n_rest - 1, rest + 1);
    if (!check_stack()) return EXIT_FAILURE;
    return hw_commands[i]->run(hw_commands[i], n_rest - 1, rest + 1);
  }
  return unknown_command(rest[0]);
}
