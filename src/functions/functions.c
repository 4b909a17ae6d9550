/* SPDX-License-Identifier: Apache-2.0
 * Table-valued functions as eponymous virtual tables with hidden input columns:
 *   SELECT e.* FROM graph g, hw_edges(g.edges) e
 * hw_neurons(neurons) and hw_projections(projections, token) give what is in the graph at the run's threshold; a last argument of 1 adds
 * what is stored for other thresholds, and the hidden column in_graph is 0 there:
 *   SELECT n.*, n.in_graph FROM graph g, hw_neurons(g.neurons, 1) n */
#include "functions/functions.h"
#include "headwater/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct table {
  sqlite3_vtab base;
  const hw_table_function *function;
} table;

typedef struct cursor {
  sqlite3_vtab_cursor base;
  hw_rows rows;
  size_t row;
} cursor;

enum { BLOB, ARGUMENT, STORED, N_ARGUMENTS }; /* kinds of hidden columns that are arguments */

/* Kind of the hidden column `at`, in the order of table_connect; N_ARGUMENTS: in_graph, which is none. */
static int argument_kind(const hw_table_function *function, int at) {
  if (at > 0 && function->argument == HW_ARGUMENT_NONE) at++;
  return at > ARGUMENT && !function->stored ? N_ARGUMENTS : at;
}

static int table_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **message) {
  (void)argc, (void)argv, (void)message;
  const hw_table_function *function = aux;
  static const char *const arguments[] = {[HW_ARGUMENT_NONE] = "", [HW_ARGUMENT_THRESHOLD] = ", min_importance HIDDEN",
                                          [HW_ARGUMENT_SHARE] = ", min_importance HIDDEN", [HW_ARGUMENT_TOKEN] = ", wanted_token HIDDEN"};
  char *sql = sqlite3_mprintf("CREATE TABLE x(%s, data HIDDEN%s%s)", function->columns, arguments[function->argument],
                              function->stored ? ", stored HIDDEN, in_graph HIDDEN" : "");
  table *made = calloc(1, sizeof *made);
  int rc = sql && made ? sqlite3_declare_vtab(db, sql) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc != SQLITE_OK) {
    free(made);
    return rc;
  }
  (void)sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  made->function = function;
  *out = &made->base;
  return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *base) {
  free(base);
  return SQLITE_OK;
}

static int table_best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  const hw_table_function *function = ((table *)base)->function;
  int found[N_ARGUMENTS] = {-1, -1, -1};
  for (int i = 0; i < info->nConstraint; i++) {
    int hidden = info->aConstraint[i].iColumn - function->n_columns;
    int kind = hidden < 0 ? N_ARGUMENTS : argument_kind(function, hidden);
    if (kind >= N_ARGUMENTS || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (!info->aConstraint[i].usable) return SQLITE_CONSTRAINT; /* another order of joining has it */
    found[kind] = i;
  }
  info->idxNum = 0;
  int next = 1;
  for (int i = 0; i < N_ARGUMENTS; i++) {
    if (found[i] < 0) continue;
    info->aConstraintUsage[found[i]].argvIndex = next++;
    info->aConstraintUsage[found[i]].omit = 1;
    info->idxNum |= 1 << i;
  }
  info->estimatedCost = found[BLOB] < 0 ? 1e12 : 1000;
  info->estimatedRows = 500;
  return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  (void)base;
  cursor *made = calloc(1, sizeof *made);
  if (!made) return SQLITE_NOMEM;
  hw_arena_init(&made->rows.arena);
  *out = &made->base;
  return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base) {
  cursor *c = (cursor *)base;
  hw_arena_fini(&c->rows.arena);
  free(c);
  return SQLITE_OK;
}

bool hw_read_argument(hw_argument kind, sqlite3_value *value, double *argument, char problem[HW_ARGUMENT_PROBLEM]) {
  static const char *const wants[] = {[HW_ARGUMENT_THRESHOLD] = "the threshold must lie within [0, 1)", [HW_ARGUMENT_SHARE] = "the threshold must be a share from 0 up",
                                      [HW_ARGUMENT_TOKEN] = "the token must be an id"};
  int type = sqlite3_value_numeric_type(value);
  *argument = sqlite3_value_double(value);
  if ((type == SQLITE_FLOAT || type == SQLITE_INTEGER) && *argument >= 0 && (kind != HW_ARGUMENT_THRESHOLD || *argument < 1)) return true;
  const unsigned char *text = type == SQLITE_BLOB ? NULL : sqlite3_value_text(value);
  (void)snprintf(problem, HW_ARGUMENT_PROBLEM, "%s, not %.100s", wants[kind], text ? (const char *)text : "bytes");
  return false;
}

/* The argument `stored`: 0, also where it is NULL, or 1. */
static bool read_stored(sqlite3_value *value, hw_row_set *wanted, char problem[HW_ARGUMENT_PROBLEM]) {
  int type = sqlite3_value_numeric_type(value);
  double number = sqlite3_value_double(value);
  bool is_number = type == SQLITE_FLOAT || type == SQLITE_INTEGER;
  if (is_number && number == 1) *wanted = HW_ROWS_STORED;
  if (type == SQLITE_NULL || (is_number && (number == 0 || number == 1))) return true;
  const unsigned char *text = sqlite3_value_text(value);
  (void)snprintf(problem, HW_ARGUMENT_PROBLEM, "the last argument must be 1 (all that is stored) or 0, not %.100s", text ? (const char *)text : "these bytes");
  return false;
}

static int complain(sqlite3_vtab *base, const char *message) {
  sqlite3_free(base->zErrMsg);
  base->zErrMsg = sqlite3_mprintf("%s: %s", ((table *)base)->function->name, message);
  return SQLITE_ERROR;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int index, const char *text, int argc, sqlite3_value **argv) {
  (void)text;
  cursor *c = (cursor *)base;
  const hw_table_function *function = ((table *)base->pVtab)->function;
  hw_arena arena = c->rows.arena;
  hw_arena_reset(&arena);
  c->rows = (hw_rows){.arena = arena};
  c->row = 0;
  if (!(index & 1 << BLOB)) return complain(base->pVtab, "wants a column as its argument");
  double argument = -1;
  char problem[HW_ARGUMENT_PROBLEM];
  if (index & 1 << STORED && !read_stored(argv[argc - 1], &c->rows.wanted, problem)) return complain(base->pVtab, problem);
  if (index & 1 << ARGUMENT && sqlite3_value_type(argv[1]) != SQLITE_NULL) {
    if (!hw_read_argument(function->argument, argv[1], &argument, problem)) return complain(base->pVtab, problem);
  }
  int type = sqlite3_value_type(argv[0]);
  if (type == SQLITE_NULL) return SQLITE_OK;
  if (type != SQLITE_BLOB) return complain(base->pVtab, "wants a stored column, not a number or a text");
  const void *bytes = sqlite3_value_blob(argv[0]);
  size_t length = (size_t)sqlite3_value_bytes(argv[0]);
  hw_error err = {0};
  if (function->fill(&c->rows, bytes ? bytes : "", length, argument, &err)) return SQLITE_OK;
  c->rows.n = 0;
  (void)complain(base->pVtab, err.message);
  return err.kind == HW_ERROR_MEMORY ? SQLITE_NOMEM : c->rows.bad_argument ? SQLITE_ERROR : HW_DAMAGED_BYTES;
}

static int cursor_next(sqlite3_vtab_cursor *base) {
  ((cursor *)base)->row++;
  return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base) {
  const cursor *c = (const cursor *)base;
  return c->row >= c->rows.n;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
  const cursor *c = (const cursor *)base;
  const hw_table_function *function = ((table *)base->pVtab)->function;
  int in_graph = function->n_columns + (function->argument == HW_ARGUMENT_NONE ? 2 : 3);
  if (column < function->n_columns) function->column(context, &c->rows, c->row, column);
  else if (function->stored && column == in_graph) function->column(context, &c->rows, c->row, function->n_columns);
  return SQLITE_OK; /* hidden columns that are arguments read as NULL */
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid) {
  *rowid = (sqlite3_int64)((const cursor *)base)->row + 1;
  return SQLITE_OK;
}

/* No xCreate: eponymous only, nobody can CREATE VIRTUAL TABLE of it. */
static const sqlite3_module module = {
    .xConnect = table_connect,
    .xBestIndex = table_best_index,
    .xDisconnect = table_disconnect,
    .xDestroy = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

/* hw_token_at(tokens, position): the token id there, NULL past the end. */
static void token_at(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  if (sqlite3_value_type(argv[0]) != SQLITE_BLOB || sqlite3_value_type(argv[1]) != SQLITE_INTEGER) return;
  const uint8_t *bytes = sqlite3_value_blob(argv[0]);
  sqlite3_int64 length = sqlite3_value_bytes(argv[0]), position = sqlite3_value_int64(argv[1]);
  if (length < 1 || (bytes[0] != 2 && bytes[0] != 4)) {
    sqlite3_result_error(context, "hw_token_at: these bytes are no list of tokens", -1);
    sqlite3_result_error_code(context, HW_DAMAGED_BYTES);
    return;
  }
  if (position < 0 || position >= (length - 1) / bytes[0]) return;
  uint32_t id = 0;
  for (unsigned i = 0; i < bytes[0]; i++) id |= (uint32_t)bytes[1 + position * bytes[0] + i] << (8 * i);
  sqlite3_result_int64(context, (int32_t)id);
}

/* hw_role_at(roles, position): the role id there, NULL past the end. */
static void role_at(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  if (sqlite3_value_type(argv[0]) != SQLITE_BLOB || sqlite3_value_type(argv[1]) != SQLITE_INTEGER) return;
  const uint8_t *bytes = sqlite3_value_blob(argv[0]);
  sqlite3_int64 length = sqlite3_value_bytes(argv[0]), position = sqlite3_value_int64(argv[1]);
  if (position >= 0 && position < length) sqlite3_result_int(context, bytes[position] & HW_ROLE_MASK);
}

/* hw_choice(value, 'a', 'b'...): 0, 1... for the choice that the value is; an error that lists them for any other. */
static void choice(sqlite3_context *context, int argc, sqlite3_value **argv) {
  const char *value = (const char *)sqlite3_value_text(argv[0]);
  for (int i = 1; i < argc; i++) {
    const char *name = (const char *)sqlite3_value_text(argv[i]);
    if (!value || !name || sqlite3_stricmp(value, name) != 0) continue;
    sqlite3_result_int(context, i - 1);
    return;
  }
  char *message = sqlite3_mprintf("\"%.100s\" is none of", value ? value : "NULL");
  for (int i = 1; i < argc && message; i++) {
    char *longer = sqlite3_mprintf("%z%s %.100s", message, i > 1 ? "," : "", sqlite3_value_text(argv[i]));
    message = longer;
  }
  if (message) sqlite3_result_error(context, message, -1);
  else sqlite3_result_error_nomem(context);
  sqlite3_free(message);
}

/* hw_t_two_sided(t, df): the probability that Student's t with df degrees of freedom is farther from 0 than t, at least 2.2e-308; NULL where one is NULL or df is below 1. */
static void t_two_sided(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  if (sqlite3_value_type(argv[0]) == SQLITE_NULL || sqlite3_value_type(argv[1]) == SQLITE_NULL) return;
  sqlite3_result_double(context, hw_stats_t_two_sided(sqlite3_value_double(argv[0]), sqlite3_value_double(argv[1]))); /* NaN: NULL */
}

int hw_register_functions(sqlite3 *db) {
  int rc = sqlite3_create_function_v2(db, "hw_token_at", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
                                      token_at, NULL, NULL, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_create_function_v2(db, "hw_role_at", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, role_at, NULL, NULL, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_create_function_v2(db, "hw_choice", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, choice, NULL, NULL, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_create_function_v2(db, "hw_t_two_sided", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, t_two_sided, NULL, NULL, NULL);
  if (rc == SQLITE_OK) rc = hw_register_json(db);
  if (rc == SQLITE_OK) rc = hw_register_pairs(db);
  if (rc == SQLITE_OK) rc = hw_register_merge(db);
  hw_kept *kept;
  if (rc == SQLITE_OK) rc = hw_register_kept(db, &kept);
  if (rc == SQLITE_OK) rc = hw_register_lists(db, kept);
  if (rc == SQLITE_OK) rc = hw_register_list_values(db);
  if (rc == SQLITE_OK) rc = hw_register_text(db);
  for (size_t i = 0; i < hw_n_table_functions && rc == SQLITE_OK; i++)
    rc = sqlite3_create_module_v2(db, hw_table_functions[i].name, &module, (void *)(uintptr_t)&hw_table_functions[i], NULL);
  return rc;
}

static int connect_table(sqlite3 *db, const char *name) {
  sqlite3_stmt *statement = NULL;
  char *sql = sqlite3_mprintf("SELECT 1 FROM %s(NULL)", name);
  int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &statement, NULL) : SQLITE_NOMEM;
  (void)sqlite3_finalize(statement);
  sqlite3_free(sql);
  return rc;
}

int hw_connect_functions(sqlite3 *db) {
  int rc = SQLITE_OK;
  for (size_t i = 0; i < hw_n_table_functions && rc == SQLITE_OK; i++) rc = connect_table(db, hw_table_functions[i].name);
  (void)connect_table(db, "json_each"); /* SQLite may be built without it */
  (void)connect_table(db, "json_tree");
  return rc;
}
