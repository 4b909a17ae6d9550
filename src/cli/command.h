/* SPDX-License-Identifier: Apache-2.0
 * Subcommands: a file and a word of the list in commands.c each. Only this folder prints and exits. */
#ifndef HW_CLI_COMMAND_H
#define HW_CLI_COMMAND_H

#include <signal.h>
#include <stdio.h>

#include "headwater/buffer.h"
#include "headwater/error.h"
#include "base/option.h"
#include "headwater/query.h"
#include "headwater/store.h"

enum { EXIT_USAGE = 2, EXIT_SOME_FAILED = 3, EXIT_STOPPED = 130 };

typedef struct hw_command {
  const char *name;
  const char *usage;   /* "MODEL_DIR [options]" */
  const char *summary; /* one line of the list */
  const char *example; /* command lines, each ending in a newline */
  const hw_option_table *(*options)(void **defaults); /* for --help; NULL: none */
  int (*run)(const struct hw_command *command, int argc, char **argv);
  const char *exit_codes; /* its own beside 0, 1 and 2: "3 ..., 130 ..."; NULL: none */
  int (*help)(const struct hw_command *command, int argc, char **argv); /* for arguments with --help among them; -1: the usual help. NULL: always that */
} hw_command;

extern const hw_command hw_cmd_info, hw_cmd_tokenize, hw_cmd_trace, hw_cmd_run, hw_cmd_query, hw_cmd_sql, hw_cmd_export, hw_cmd_digest, hw_cmd_check, hw_cmd_pack, hw_cmd_rethreshold, hw_cmd_merge, hw_cmd_mine, hw_cmd_compare, hw_cmd_certify, hw_cmd_serve, hw_cmd_page, hw_cmd_bench;

/* All of them, in the order of the help. */
extern const hw_command *const hw_commands[];
extern const size_t hw_n_commands;

/* Set by Ctrl-C once a command asked for it. */
extern volatile sig_atomic_t hw_cli_stop;
/* From now on SIGINT (Ctrl-C) and SIGTERM set hw_cli_stop and say `doing`, "finishing the chunks in work"; a second one ends the program. The
 * text must live as long as the program. */
void hw_cli_catch_interrupts(const char *doing);

/* "headwater: message" on stderr; returns the exit code: EXIT_STOPPED where the user stopped the work, EXIT_USAGE for wrong arguments. */
int hw_cli_fail(const hw_error *err);
/* The same of a database, whose name is put before a message that does not begin with it. */
int hw_cli_fail_in(const char *db, const hw_error *err);
int hw_cli_usage(const hw_command *command, const char *message);

/* Writes to stdout, or fails: a full disk is an error too. */
int hw_cli_write(const hw_buffer *out);
bool hw_cli_sink(void *unused, const char *bytes, size_t length);
int hw_cli_finish(void);

/* Appends all of stdin. */
bool hw_cli_read_stdin(hw_buffer *text, hw_error *err);

/* Opens a database to read; hooks: as hw_store_open_read_waiting. Says on stderr when its run is not finished, and
 * what was mined or compared before the last prompts came. */
bool hw_cli_open_read(const char *db, const hw_hooks *hooks, hw_store **store, hw_error *err);

/* Reads options and positionals; wants exactly n_wanted of these unless optional. True when the command should go on. */
bool hw_cli_arguments(const hw_command *command, hw_option_table table, void *settings, int argc, char **argv,
                      const char **positionals, int n_least, int n_most, int *n_found, hw_error *err);

/* Whether no option but `name` was given another value than the usual one, --lock-timeout and --quiet left aside. */
bool hw_cli_alone(hw_option_table table, const void *settings, const void *usual, const char *name, hw_error *err);

/* "0 done, 1 failed, 2 wrong arguments" and those of the command, for help. */
void hw_cli_exit_codes(const hw_command *command, hw_buffer *out);

/* Columns of the terminal behind stdout, 80 where there is none. */
int hw_cli_columns(void);
/* The same for tables (hw_store_set_line_width): 0, no limit, where stdout is no terminal. */
size_t hw_cli_line_width(void);

#endif
