/* SPDX-License-Identifier: Apache-2.0
 * Options are rows of a table: the same row reads argv, the pipeline file, prints --help and names the manifest's setting. */
#ifndef HW_BASE_OPTION_H
#define HW_BASE_OPTION_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/arena.h"
#include "headwater/buffer.h"
#include "headwater/error.h"
#include "headwater/hooks.h"

typedef enum hw_option_kind {
  HW_OPTION_FLAG,   /* bool */
  HW_OPTION_TEXT,   /* const char * */
  HW_OPTION_PATH,   /* the same: a file or folder */
  HW_OPTION_TEXTS,  /* const char *[max]: given up to that many times */
  HW_OPTION_COUNT,  /* int64_t within [min, max] */
  HW_OPTION_NUMBER, /* double within (min, max) */
  HW_OPTION_NUMBER_FROM, /* double within [min, max) */
  HW_OPTION_NUMBER_TO,   /* double within (min, max] */
  HW_OPTION_CHOICE, /* int: index into choices */
} hw_option_kind;

/* Of a choice, count or number: only when it is not the default (of a choice the first one), so that an option that is new leaves the fingerprints of older runs as they are. */
enum { HW_DECIDES_IF_CHOSEN = 2 };

typedef struct hw_option {
  const char *name; /* without the dashes */
  hw_option_kind kind;
  size_t offset;    /* of the field in the settings struct */
  const char *argument; /* "DIR", for help */
  const char *help;
  double min, max;
  const char *const *choices; /* NULL-terminated */
  int decides_content;        /* goes into the fingerprint of a run: false, true, HW_DECIDES_IF_CHOSEN */
} hw_option;

/* The option of all commands that write into a database: the field `lock_timeout` of `type`, a double. */
#define HW_LOCK_TIMEOUT_ROW(type) \
  {"lock-timeout", HW_OPTION_NUMBER, offsetof(type, lock_timeout), "SECONDS", "how long to wait while another program holds the database locked", 0, HW_LOCK_SECONDS_LIMIT, NULL, false}

typedef struct hw_option_table {
  const hw_option *rows;
  size_t n;
} hw_option_table;

/* Reads "--name value", "--name=value", "-x value", "-xvalue" and flags into the struct at `settings`; texts point into argv. What does not start with
 * a dash is a positional, at most max_positionals of them. Errors name the option, with the nearest one that exists. */
bool hw_options_read_arguments(hw_option_table table, void *settings, int argc, char **argv, const char **positionals,
                               int max_positionals, int *n_positionals, hw_error *err);

/* Sets one option by name from text; `where` says in errors where it stood. */
bool hw_option_set(hw_option_table table, void *settings, const char *where, const char *name, const char *value, hw_error *err);

/* The same ranges for settings that did not come from text. A number may be that of the struct at `usual` as well, which may stand for
 * "not given". Errors: INPUT for the first option that is outside of its range. */
bool hw_options_check(hw_option_table table, const void *settings, const void *usual, hw_error *err);
/* And for one value: an index into choices, min to max, or between min and max without these. */
bool hw_choice_check(const char *name, int value, const char *const *choices, hw_error *err);
bool hw_count_check(const char *name, int64_t value, int64_t min, int64_t max, hw_error *err);
bool hw_number_check(const char *name, double value, double min, double max, hw_error *err);
/* For a text or a path that must be there: NULL is the error "no NAME is given". */
bool hw_given_check(const char *name, const char *text, hw_error *err);

/* The letter that stands for an option, where other programs have one for the same: -j, -o; 0: none. */
char hw_option_letter(const hw_option *option);

/* "FILE", or with its letter "FILE, -o FILE"; NULL for a flag. */
const char *hw_option_usage(const hw_option *option, char text[64]);

/* NULL: there is none. The name is not terminated. */
const hw_option *hw_option_find(hw_option_table table, const char *name, size_t length);

/* Reads "name = value" lines (sections are only for the eye); each name at most once. A comment stands behind ; or # at the start of a line or behind a
 * blank. A value may stand in quotes. Of a path, unless it
 * stands in single quotes, ~ and $NAME or ${NAME} are replaced; one that is not found from the current folder is looked for beside
 * the file, and where it is there a line is added to `notes`. Paths that are set in `overrides`, settings of the command line alone or NULL,
 * are not looked for. Texts live in the arena. */
bool hw_options_read_file(hw_option_table table, void *settings, const void *overrides, const char *path, hw_arena *arena, hw_buffer *notes, hw_error *err);

/* The option's value as text that reads back to it. */
bool hw_option_format(const hw_option *option, const void *settings, hw_buffer *out);

/* What the option does, and its default in brackets; defaults may be NULL. */
void hw_option_describe(const hw_option *option, const void *defaults, hw_buffer *out);

/* Lines of a help, at most `width` columns wide (0: not cut), for 80 columns HW_HELP_WIDTH. The words of a text, whose first line is at column
 * `indent` already and whose next ones begin there. */
enum { HW_HELP_WIDTH = 79 };
void hw_help_text(hw_buffer *out, const char *text, size_t indent, size_t width);
/* A label and its text at column `indent`, on a line of its own where the label is too long. */
void hw_help_entry(hw_buffer *out, const char *label, const char *text, size_t indent, size_t width);

/* A line or two per option, for 80 columns; defaults are those of the struct at `defaults`. */
void hw_options_help(hw_option_table table, const void *defaults, hw_buffer *out);

#endif
