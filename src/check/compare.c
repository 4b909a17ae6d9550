/* SPDX-License-Identifier: Apache-2.0 */
#include "check/compare.h"

#include <string.h>

#include "check/rules.h"
#include "codec/codec.h"

enum { MOST_COLUMNS = 40 };

typedef struct table_columns {
  const char *table;
  int n, n_keys;
  const char *names[MOST_COLUMNS]; /* those of the key first; in the arena */
} table_columns;

typedef struct comparison {
  const hw_check_pair *pair;
  const table_columns *columns;
  hw_arena *arena; /* of a row */
  hw_statement found, wanted;
} comparison;

static bool read_columns(hw_store *store, const char *table, hw_arena *arena, table_columns *columns, hw_error *err) {
  hw_statement s;
  *columns = (table_columns){.table = table};
  bool row, ok = hw_statement_open(&s, store, "check/columns.sql", err);
  if (ok) hw_bind_string(&s, ":table_name", table);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row && columns->n < MOST_COLUMNS) {
    size_t length;
    ok = hw_column_copy(&s, 0, arena, &columns->names[columns->n++], &length, err);
    columns->n_keys += hw_column_integer(&s, 1) > 0;
  }
  hw_statement_close(&s);
  return ok && (columns->n_keys || hw_fail(err, HW_ERROR_INPUT, "the table %s has no key", table));
}

/* ---- statements ---- */

static void put_select(const table_columns *columns, hw_buffer *sql) {
  for (int c = 0; c < columns->n; c++) hw_buffer_printf(sql, "%s\"%s\"", c ? ", " : "SELECT ", columns->names[c]);
  hw_buffer_printf(sql, " FROM main.\"%s\"", columns->table);
}

static bool open_statement(hw_statement *s, hw_store *store, const hw_buffer *sql, hw_error *err) {
  return hw_buffer_check(sql, err) && hw_statement_open_text(s, store, "check/columns.sql", sql->data, err);
}

static bool open_range(hw_statement *s, hw_store *store, const table_columns *columns, const char *range, int64_t first, int64_t last, hw_error *err) {
  hw_buffer sql;
  hw_buffer_init(&sql);
  put_select(columns, &sql);
  if (range) hw_buffer_printf(&sql, " WHERE \"%s\" BETWEEN :first AND :last", range);
  for (int c = 0; c < columns->n_keys; c++) hw_buffer_printf(&sql, "%s\"%s\"", c ? ", " : " ORDER BY ", columns->names[c]);
  bool ok = open_statement(s, store, &sql, err);
  if (ok && range) {
    hw_bind_integer(s, ":first", first);
    hw_bind_integer(s, ":last", last);
  }
  hw_buffer_fini(&sql);
  return ok;
}

/* ---- values ---- */

static int compare_values(const hw_statement *a, const hw_statement *b, int column) {
  int type = sqlite3_column_type(a->sqlite, column), other = sqlite3_column_type(b->sqlite, column);
  if (type != other) return type < other ? -1 : 1;
  if (type == SQLITE_NULL) return 0;
  if (type == SQLITE_INTEGER) {
    int64_t x = hw_column_integer(a, column), y = hw_column_integer(b, column);
    return (x > y) - (x < y);
  }
  if (type == SQLITE_FLOAT) { /* by their bits: only equal or not matters */
    double x = hw_column_real(a, column), y = hw_column_real(b, column);
    return memcmp(&x, &y, sizeof x);
  }
  size_t n, m;
  const void *x = hw_column_blob(a, column, &n), *y = hw_column_blob(b, column, &m);
  size_t least = n < m ? n : m;
  int order = least ? memcmp(x, y, least) : 0;
  return order ? order : (n > m) - (n < m);
}

static int compare_keys(const comparison *c) {
  for (int column = 0; column < c->columns->n_keys; column++) {
    int order = compare_values(&c->found, &c->wanted, column);
    if (order) return order;
  }
  return 0;
}

/* Two packed columns with other bytes: do they unpack to the same? */
static bool unpack_to_same(const comparison *c, int column) {
  hw_blob_info infos[2];
  hw_reader payloads[2];
  const hw_statement *sides[] = {&c->found, &c->wanted};
  hw_error ignored;
  hw_arena_reset(c->arena);
  for (int i = 0; i < 2; i++) {
    size_t length;
    const void *bytes = hw_column_blob(sides[i], column, &length);
    if (sqlite3_column_type(sides[i]->sqlite, column) != SQLITE_BLOB || !hw_blob_is(bytes, length)) return false;
    memset(&infos[i], 0, sizeof infos[i]);
    if (!hw_blob_open(bytes, length, HW_BLOB_KINDS, c->arena, &infos[i], &payloads[i], &ignored)) return false;
  }
  size_t n = (size_t)(payloads[0].end - payloads[0].at), m = (size_t)(payloads[1].end - payloads[1].at);
  const hw_blob_info *a = &infos[0], *b = &infos[1];
  return a->kind == b->kind && a->prompt_id == b->prompt_id && a->frame.target == b->frame.target && a->frame.n_tokens == b->frame.n_tokens &&
         a->frame.n_layers == b->frame.n_layers && a->frame.parallel == b->frame.parallel && !memcmp(&a->threshold, &b->threshold, sizeof a->threshold) &&
         !memcmp(&a->floor, &b->floor, sizeof a->floor) && n == m && (n == 0 || memcmp(payloads[0].at, payloads[1].at, n) == 0);
}

/* ---- reports ---- */

static void put_key(const comparison *c, const hw_statement *side, hw_buffer *out) {
  hw_buffer_printf(out, "%s ", c->columns->table);
  for (int column = 0; column < c->columns->n_keys; column++) {
    hw_buffer_printf(out, "%s%s ", column ? ", " : "", c->columns->names[column]);
    hw_column_print(side, column, out);
  }
}

static void report_row(const comparison *c, const hw_statement *side, const char *what) {
  hw_buffer text;
  hw_buffer_init(&text);
  put_key(c, side, &text);
  if (text.failed) c->pair->report->failure = HW_ERROR_MEMORY;
  else hw_check_differs(c->pair->report, "%s: %s", text.data, what);
  hw_buffer_fini(&text);
}

static void compare_columns(const comparison *c) {
  for (int column = c->columns->n_keys; column < c->columns->n; column++) {
    if (!compare_values(&c->found, &c->wanted, column) || unpack_to_same(c, column)) continue;
    hw_buffer text;
    hw_buffer_init(&text);
    put_key(c, &c->found, &text);
    hw_buffer_printf(&text, ": %s is ", c->columns->names[column]);
    hw_column_print(&c->found, column, &text);
    hw_buffer_append_string(&text, ", wanted ");
    if (sqlite3_column_type(c->wanted.sqlite, column) == SQLITE_BLOB) hw_buffer_append_string(&text, "other bytes");
    else hw_column_print(&c->wanted, column, &text);
    if (text.failed) c->pair->report->failure = HW_ERROR_MEMORY;
    else hw_check_differs(c->pair->report, "%s", text.data);
    hw_buffer_fini(&text);
  }
}

/* ---- the two walks ---- */

static bool walk(comparison *c, int64_t *n_rows, hw_error *err) {
  bool found, wanted;
  if (!hw_statement_step(&c->found, &found, err) || !hw_statement_step(&c->wanted, &wanted, err)) return false;
  while (found || wanted) {
    int order = !found ? 1 : !wanted ? -1 : compare_keys(c);
    if (order < 0) report_row(c, &c->found, "a row that should not be there");
    else if (order > 0) report_row(c, &c->wanted, "the row is missing");
    else compare_columns(c);
    *n_rows += order >= 0;
    if (order <= 0 && !hw_statement_step(&c->found, &found, err)) return false;
    if (order >= 0 && !hw_statement_step(&c->wanted, &wanted, err)) return false;
  }
  return true;
}

bool hw_check_compare_rows(const hw_check_pair *pair, const char *table, const char *range, int64_t first, int64_t last, int64_t *n_rows,
                           hw_error *err) {
  hw_arena names, row;
  table_columns columns;
  hw_arena_init(&names);
  hw_arena_init(&row);
  comparison c = {.pair = pair, .columns = &columns, .arena = &row};
  bool ok = read_columns(pair->wanted, table, &names, &columns, err) && open_range(&c.found, pair->found, &columns, range, first, last, err) &&
            open_range(&c.wanted, pair->wanted, &columns, range, first, last, err) && walk(&c, n_rows, err);
  hw_statement_close(&c.found);
  hw_statement_close(&c.wanted);
  hw_arena_fini(&names);
  hw_arena_fini(&row);
  return ok;
}

static bool open_lookup(hw_statement *s, hw_store *store, const table_columns *columns, hw_error *err) {
  hw_buffer sql;
  hw_buffer_init(&sql);
  put_select(columns, &sql);
  for (int c = 0; c < columns->n_keys; c++) hw_buffer_printf(&sql, "%s\"%s\" = :k%d", c ? " AND " : " WHERE ", columns->names[c], c);
  bool ok = open_statement(s, store, &sql, err);
  hw_buffer_fini(&sql);
  return ok;
}

static bool look_up(comparison *c, int64_t *n_rows, hw_error *err) {
  static const char *const names[] = {":k0", ":k1", ":k2", ":k3"};
  bool wanted, found;
  while (hw_statement_step(&c->wanted, &wanted, err)) {
    if (!wanted) return true;
    hw_statement_reset(&c->found);
    for (int k = 0; k < c->columns->n_keys; k++) hw_bind_integer(&c->found, names[k], hw_column_integer(&c->wanted, k));
    if (!hw_statement_step(&c->found, &found, err)) return false;
    if (found) compare_columns(c);
    else report_row(c, &c->wanted, "the row is missing");
    ++*n_rows;
  }
  return false;
}

bool hw_check_look_up_rows(const hw_check_pair *pair, const char *table, int64_t *n_rows, hw_error *err) {
  hw_arena names, row;
  table_columns columns;
  hw_arena_init(&names);
  hw_arena_init(&row);
  comparison c = {.pair = pair, .columns = &columns, .arena = &row};
  bool ok = read_columns(pair->wanted, table, &names, &columns, err) && open_lookup(&c.found, pair->found, &columns, err) &&
            open_range(&c.wanted, pair->wanted, &columns, NULL, 0, 0, err) && look_up(&c, n_rows, err);
  hw_statement_close(&c.found);
  hw_statement_close(&c.wanted);
  hw_arena_fini(&names);
  hw_arena_fini(&row);
  return ok;
}

bool hw_check_forget_rows(const hw_check_pair *pair, hw_error *err) {
  hw_buffer sql;
  hw_buffer_init(&sql);
  for (size_t i = 0; i < hw_n_check_rules; i++)
    if (pair->made[i] && hw_check_rules[i].kind <= HW_CHECK_INDEX) hw_buffer_printf(&sql, "DELETE FROM \"%s\";", hw_check_rules[i].table);
  bool ok = hw_buffer_check(&sql, err) && hw_store_exec(pair->wanted, sql.data, "forget a chunk", err);
  hw_buffer_fini(&sql);
  return ok;
}
