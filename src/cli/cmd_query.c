/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "cli/command.h"
#include "base/file.h"
#include "base/text.h"
#include "query/comment.h"
#include "query/list.h"
#include "cli/select.h"
#include "headwater/query.h"

enum { MOST_PARAMETERS = 32 };

typedef struct query_arguments {
  const char *positionals[2]; /* DB, NAME */
  int n_positionals;
  int format; /* hw_table_format */
  const char *queries; /* folder */
  double timeout;
  hw_parameter parameters[MOST_PARAMETERS];
  size_t n_parameters;
} query_arguments;

#define AT(field) offsetof(query_arguments, field)
static const hw_option rows[] = {
    {"format", HW_OPTION_CHOICE, AT(format), "NAME", "table, csv or json", 0, 0, hw_table_format_names, false},
    {"timeout", HW_OPTION_NUMBER_FROM, AT(timeout), "SECONDS", "gives up after that time; 0: never", 0, 1e9, NULL, false},
    {"queries", HW_OPTION_TEXT, AT(queries), "DIR", "folder of NAME.sql files: queries of your own, and replacements", 0, 0, NULL, false},
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};

static const hw_option_table *options(void **defaults) {
  static query_arguments usual;
  *defaults = &usual;
  return &table;
}

/* db may be NULL. */
static int list_queries(const char *db, const hw_query_list *list) {
  hw_store *store;
  hw_error err = {0};
  if (db) {
    if (!hw_store_open_read(db, &store, &err)) return hw_cli_fail(&err);
    (void)hw_store_close(store, false, NULL);
  }
  hw_buffer out;
  hw_buffer_init(&out);
  hw_buffer_printf(&out, "named queries (headwater query %s NAME):\n\n", db ? db : "DB");
  hw_query_list_help(list, &out);
  hw_buffer_append_string(&out, "\n--help NAME tells the parameters of one, like --limit 5, and its SQL;\n"
                                "--format table|csv|json; headwater sql for any SELECT\n");
  int code = hw_cli_write(&out);
  hw_buffer_fini(&out);
  return code;
}

static bool read_option(query_arguments *a, const char *name, const char *value, hw_error *err) {
  for (size_t i = 0; i < table.n; i++)
    if (strcmp(rows[i].name, name) == 0) return hw_option_set(table, a, "command line", name, value, err);
  if (a->n_parameters == MOST_PARAMETERS) return hw_fail(err, HW_ERROR_INPUT, "more than %d parameters", MOST_PARAMETERS);
  a->parameters[a->n_parameters++] = (hw_parameter){name, strcmp(value, "NULL") == 0 ? NULL : value};
  return true;
}

/* "--name value" and "--name=value" are the query's parameters, but for three of our own. Names are cut in place. */
static bool read_arguments(int argc, char **argv, query_arguments *a, hw_error *err) {
  for (int i = 0; i < argc; i++) {
    if (strncmp(argv[i], "--", 2) != 0) {
      if (a->n_positionals == 2) return hw_fail(err, HW_ERROR_INPUT, "one argument too many: \"%.200s\"", argv[i]);
      a->positionals[a->n_positionals++] = argv[i];
      continue;
    }
    char *name = argv[i] + 2, *equals = strchr(name, '=');
    if (equals) *equals = '\0';
    const char *value = equals ? equals + 1 : i + 1 < argc ? argv[++i] : NULL;
    if (!value) return hw_fail(err, HW_ERROR_INPUT, "--%s wants a value", name);
    if (!read_option(a, name, value, err)) return false;
  }
  return true;
}

/* The user did not give --limit, and as many rows came as its default lets through. */
static void note_limit(const hw_named_query *query, const query_arguments *a, int64_t n_rows) {
  hw_comment_line line;
  char text[24], words[160] = "";
  int64_t limit;
  for (size_t i = 0; i < a->n_parameters; i++)
    if (strcmp(a->parameters[i].name, "limit") == 0) return;
  if (!hw_query_comment_parameter(query->sql, "limit", &line)) return;
  (void)snprintf(text, sizeof text, "%.*s", (int)line.value.length, line.value.at ? line.value.at : "");
  if (!hw_parse_int(text, 1, INT64_MAX, &limit) || n_rows < limit) return;
  if (line.words.length) (void)snprintf(words, sizeof words, " (%.*s)", (int)line.words.length, line.words.at);
  hw_hide_controls(words);
  fprintf(stderr, "headwater: %s: there may be more rows: --limit is %s by default%s\n", query->name, text, words);
}

static int answer(const hw_command *command, const query_arguments *a, const hw_query_list *list) {
  hw_error err = {0};
  if (a->n_positionals < 2) return list_queries(a->positionals[0], list);
  const hw_named_query *query = hw_query_list_find(list, a->positionals[1], &err);
  if (!query) return hw_cli_usage(command, err.message);
  hw_store *store;
  if (!hw_cli_open_read(a->positionals[0], NULL, &store, &err)) return hw_cli_fail(&err);
  hw_store_set_timeout(store, a->timeout);
  int64_t n_rows;
  int code = hw_store_query_ready(store, query, &err)
                 ? hw_cli_select(store, query->sql, a->parameters, a->n_parameters, (hw_table_format)a->format, &n_rows)
                 : hw_cli_fail(&err);
  if (code == 0) note_limit(query, a, n_rows);
  (void)hw_store_close(store, false, NULL);
  return code;
}

static int run(const hw_command *command, int argc, char **argv) {
  query_arguments arguments = {.format = HW_FORMAT_TABLE};
  hw_query_list list;
  hw_error err = {0};
  if (!read_arguments(argc, argv, &arguments, &err)) return hw_cli_usage(command, err.message);
  bool ok = hw_query_list_init(&list, arguments.queries, &err);
  int code = ok ? answer(command, &arguments, &list) : hw_cli_fail(&err);
  hw_query_list_fini(&list);
  return code;
}

/* headwater query [DB] --help NAME, in any order. */
static int help(const hw_command *command, int argc, char **argv) {
  query_arguments arguments = {0};
  hw_query_list list;
  hw_error err = {0};
  char *rest[64];
  int n = 0;
  for (int i = 0; i < argc && n < 64; i++)
    if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0) rest[n++] = argv[i];
  if (!read_arguments(n, rest, &arguments, &err) || arguments.n_positionals < 1) return -1;
  bool ok = hw_query_list_init(&list, arguments.queries, &err), named = arguments.n_positionals == 2;
  const hw_named_query *query = ok ? hw_query_list_find(&list, arguments.positionals[named], &err) : NULL;
  int code = ok ? 0 : hw_cli_fail(&err);
  if (ok && !query && !named && hw_file_exists(arguments.positionals[0])) {
    code = -1; /* the name of a database alone */
  } else if (query) {
    hw_buffer out;
    hw_buffer_init(&out);
    hw_query_help(query, named ? arguments.positionals[0] : "DB", HW_HELP_WIDTH, &out);
    hw_buffer_append_string(&out, "\nexit codes: ");
    hw_cli_exit_codes(command, &out);
    hw_buffer_append_byte(&out, '\n');
    hw_query_help_sql(query, &out); /* last, so that it is easily copied */
    code = hw_cli_write(&out);
    hw_buffer_fini(&out);
  } else if (ok) {
    code = hw_cli_usage(command, err.message);
  }
  hw_query_list_fini(&list);
  return code;
}

const hw_command hw_cmd_query = {
    .name = "query",
    .usage = "[DB [NAME]] [--PARAM VALUE ...] [options]",
    .summary = "ask a named question; without a name, list them",
    .example = "  headwater query ioi.db top_heads --limit 5\n"
               "  headwater help query top_heads\n"
               "  headwater query ioi.db my_query --queries dir/   (a folder of NAME.sql)\n",
    .options = options,
    .help = help,
    .run = run,
};
