/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/command.h"
#include "cli/select.h"
#include "headwater/text.h"

enum { MOST_PARAMETERS = 32 };

static int list_queries(const char *db) {
  hw_store *store;
  hw_error err = {0};
  if (!hw_store_open_read(db, &store, &err)) return hw_cli_fail(&err);
  (void)hw_store_close(store, false, NULL);
  const hw_named_query *queries;
  size_t n = hw_named_queries(&queries);
  printf("named queries (headwater query %s NAME):\n\n", db);
  for (size_t i = 0; i < n; i++) printf("  %-16s %s\n", queries[i].name, queries[i].summary);
  printf("\n--format table|csv|json; parameters like --limit 5; headwater sql for any SELECT\n");
  return hw_cli_finish();
}

static const hw_named_query *find_query(const char *name, hw_error *err) {
  enum { MOST = 128 };
  const hw_named_query *queries;
  const char *names[MOST];
  size_t n = hw_named_queries(&queries), n_names = 0;
  for (size_t i = 0; i < n; i++) {
    if (strcmp(queries[i].name, name) == 0) return &queries[i];
    if (n_names < MOST) names[n_names++] = queries[i].name;
  }
  const char *nearest = hw_nearest_name(name, names, n_names);
  hw_fail(err, HW_ERROR_INPUT, "no query named \"%.100s\"%s%s%s", name, nearest ? " (did you mean " : "", nearest ? nearest : "", nearest ? "?)" : "");
  return NULL;
}

/* "--name value" and "--name=value" are the query's parameters, but for --format. Names are cut in place. */
static bool read_arguments(int argc, char **argv, const char **positionals, int *n_positionals, hw_table_format *format,
                           hw_parameter *parameters, size_t *n_parameters, hw_error *err) {
  *n_positionals = 0;
  for (int i = 0; i < argc; i++) {
    if (strncmp(argv[i], "--", 2) != 0) {
      if (*n_positionals == 2) return hw_fail(err, HW_ERROR_INPUT, "one argument too many: \"%.200s\"", argv[i]);
      positionals[(*n_positionals)++] = argv[i];
      continue;
    }
    char *name = argv[i] + 2, *equals = strchr(name, '=');
    if (equals) *equals = '\0';
    const char *value = equals ? equals + 1 : i + 1 < argc ? argv[++i] : NULL;
    if (!value) return hw_fail(err, HW_ERROR_INPUT, "--%s wants a value", name);
    if (strcmp(name, "format") == 0) {
      if (!hw_cli_format(value, format, err)) return false;
    } else {
      if (*n_parameters == MOST_PARAMETERS) return hw_fail(err, HW_ERROR_INPUT, "more than %d parameters", MOST_PARAMETERS);
      parameters[(*n_parameters)++] = (hw_parameter){name, value};
    }
  }
  return *n_positionals > 0 || hw_fail(err, HW_ERROR_INPUT, "no database given");
}

static int run(const hw_command *command, int argc, char **argv) {
  const char *positionals[2];
  int n;
  hw_table_format format = HW_FORMAT_TABLE;
  hw_parameter parameters[MOST_PARAMETERS];
  size_t n_parameters = 0;
  hw_error err = {0};
  if (!read_arguments(argc, argv, positionals, &n, &format, parameters, &n_parameters, &err)) return hw_cli_usage(command, err.message);
  if (n == 1) return list_queries(positionals[0]);
  const hw_named_query *query = find_query(positionals[1], &err);
  if (!query) return hw_cli_usage(command, err.message);
  return hw_cli_select(positionals[0], query->sql, parameters, n_parameters, format);
}

const hw_command hw_cmd_query = {
    .name = "query",
    .usage = "DB [NAME] [--format table|csv|json] [--PARAM VALUE ...]",
    .summary = "ask a named question; without a name, list them",
    .example = "  headwater query ioi.db top_heads --limit 5\n",
    .run = run,
};
