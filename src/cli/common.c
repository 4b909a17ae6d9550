/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "store/stale.h"

volatile sig_atomic_t hw_cli_stop;

int hw_cli_fail(const hw_error *err) {
  fprintf(stderr, "headwater: %s\n", err->message);
  if (err->kind == HW_ERROR_ARGUMENT) return EXIT_USAGE;
  return hw_cli_stop && err->kind == HW_ERROR_INTERRUPTED ? EXIT_STOPPED : 1;
}

int hw_cli_fail_in(const char *db, const hw_error *err) {
  hw_error named = *err;
  if (strncmp(err->message, db, strlen(db)) != 0) (void)hw_fail(&named, err->kind, "%s: %s", db, err->message);
  return hw_cli_fail(&named);
}

int hw_cli_usage(const hw_command *command, const char *message) {
  fprintf(stderr, "headwater %s: %s (see headwater %s --help)\n", command->name, message, command->name);
  return EXIT_USAGE;
}

static int write_problem; /* errno of the first write of output that failed: what follows it may change errno */

bool hw_cli_sink(void *unused, const char *bytes, size_t length) {
  (void)unused;
  if (fwrite(bytes, 1, length, stdout) == length) return true;
  if (!write_problem) write_problem = errno;
  return false;
}

bool hw_cli_read_stdin(hw_buffer *text, hw_error *err) {
  char block[65536];
  size_t n;
  while ((n = fread(block, 1, sizeof block, stdin)) > 0) hw_buffer_append(text, block, n);
  if (ferror(stdin)) return hw_fail(err, HW_ERROR_IO, "cannot read stdin: %s", strerror(errno));
  return hw_buffer_check(text, err);
}

int hw_cli_finish(void) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
  fprintf(stderr, "headwater: cannot write the output: %s\n", strerror(write_problem ? write_problem : errno));
  return 1;
}

int hw_cli_write(const hw_buffer *out) {
  hw_error err;
  if (!hw_buffer_check(out, &err)) return hw_cli_fail(&err);
  if (out->length) (void)hw_cli_sink(NULL, out->data, out->length);
  return hw_cli_finish();
}

/* 20,000 */
static void put_grouped(int64_t n, hw_buffer *out) {
  if (n >= 1000) put_grouped(n / 1000, out);
  hw_buffer_printf(out, n >= 1000 ? ",%03d" : "%d", (int)(n % 1000));
}

/* A database whose counts cannot be read is left to what the command says of it. */
static void note_unfinished(const char *db, hw_store *store) {
  hw_prompt_counts counts;
  hw_error err;
  if (!hw_store_count_prompts(store, &counts, &err)) return;
  if (counts.n_shards > 0)
    fprintf(stderr, "%s: shard %" PRId64 " of %" PRId64 " of a run: the other prompts are in other files (headwater merge joins them)\n", db, counts.shard, counts.n_shards);
  if (counts.stored < 0 || counts.failed < 0 || counts.stored >= counts.planned - counts.failed) return;
  hw_buffer text;
  hw_buffer_init(&text);
  put_grouped(counts.stored, &text);
  hw_buffer_append_string(&text, " of ");
  put_grouped(counts.planned, &text);
  hw_buffer_append_string(&text, " prompts are stored");
  if (counts.failed) {
    hw_buffer_append_string(&text, " and ");
    put_grouped(counts.failed, &text);
    hw_buffer_append_string(&text, " failed");
  }
  if (!text.failed) fprintf(stderr, "%s: %s: the run is not finished\n", db, text.data);
  hw_buffer_fini(&text);
}

/* As above: a database whose tables cannot be read is left to what the command says of it. */
static void note_stale(const char *db, hw_store *store, const hw_stale *kind) {
  hw_buffer numbers;
  hw_error err;
  hw_buffer_init(&numbers);
  if (hw_store_stale(store, kind, &numbers, &err) && numbers.length)
    fprintf(stderr, "%s: made before the last prompts were stored: %s %s; headwater %s with the same options makes it again\n", db, kind->name, numbers.data, kind->command);
  hw_buffer_fini(&numbers);
}

bool hw_cli_open_read(const char *db, const hw_hooks *hooks, hw_store **store, hw_error *err) {
  if (!hw_store_open_read_waiting(db, hooks, store, err)) return false;
  note_unfinished(db, *store);
  for (size_t i = 0; i < HW_STALE_KINDS; i++) note_stale(db, *store, &hw_stale_kinds[i]);
  return true;
}

bool hw_cli_arguments(const hw_command *command, hw_option_table table, void *settings, int argc, char **argv,
                      const char **positionals, int n_least, int n_most, int *n_found, hw_error *err) {
  if (!hw_options_read_arguments(table, settings, argc, argv, positionals, n_most, n_found, err)) return false;
  if (*n_found < n_least) return hw_fail(err, HW_ERROR_INPUT, "usage: headwater %s %s", command->name, command->usage);
  return true;
}

static bool differs(const hw_option *option, const void *settings, const void *usual) {
  if (option->kind == HW_OPTION_TEXTS) return *(const char *const *)((const char *)settings + option->offset) != NULL;
  hw_buffer given, before;
  hw_buffer_init(&given);
  hw_buffer_init(&before);
  bool there = hw_option_format(option, settings, &given), same = there == hw_option_format(option, usual, &before) && given.length == before.length &&
                                                                  memcmp(given.data ? given.data : "", before.data ? before.data : "", given.length) == 0;
  hw_buffer_fini(&given);
  hw_buffer_fini(&before);
  return !same;
}

bool hw_cli_alone(hw_option_table table, const void *settings, const void *usual, const char *name, hw_error *err) {
  static const char *const beside[] = {"lock-timeout", "quiet"};
  for (size_t i = 0; i < table.n; i++) {
    const hw_option *option = &table.rows[i];
    if (strcmp(option->name, name) == 0 || strcmp(option->name, beside[0]) == 0 || strcmp(option->name, beside[1]) == 0) continue;
    if (differs(option, settings, usual)) return hw_fail(err, HW_ERROR_INPUT, "--%s goes without --%s", name, option->name);
  }
  return true;
}

void hw_cli_exit_codes(const hw_command *command, hw_buffer *out) {
  hw_buffer_printf(out, "0 done, 1 failed, 2 wrong arguments%s%s", command->exit_codes ? ",\n" : "", command->exit_codes ? command->exit_codes : "");
}

int hw_cli_columns(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) return size.ws_col;
  return 80;
}

size_t hw_cli_line_width(void) { return isatty(STDOUT_FILENO) ? (size_t)hw_cli_columns() : 0; }

static const char *work_to_end; /* what the first signal says */

static void say(const char *text) {
  ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
  (void)ignored;
}

static struct timespec first_stop;

/* A batch system signals every process of a job, and the shell of the job passes its signal on: the second one is the same wish. */
static bool is_the_same_wish(int signal_number) {
  struct timespec now;
  if (signal_number != SIGTERM || clock_gettime(CLOCK_MONOTONIC, &now) != 0) return false;
  return now.tv_sec - first_stop.tv_sec < 1 || (now.tv_sec - first_stop.tv_sec == 1 && now.tv_nsec < first_stop.tv_nsec);
}

static void on_interrupt(int signal_number) {
  int before = errno; /* of the call that the signal interrupts */
  if (hw_cli_stop && is_the_same_wish(signal_number)) return;
  if (hw_cli_stop) _exit(EXIT_STOPPED); /* a second Ctrl-C ends the program at once; the database stays valid */
  (void)clock_gettime(CLOCK_MONOTONIC, &first_stop);
  hw_cli_stop = 1;
  say("\nheadwater: ");
  say(work_to_end);
  say(" (Ctrl-C again to stop at once)\n");
  errno = before;
}

void hw_cli_catch_interrupts(const char *doing) {
  work_to_end = doing;
  struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}
