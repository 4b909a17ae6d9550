/* SPDX-License-Identifier: Apache-2.0 */
#include "check/sums.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_COLUMNS = 40 };

typedef struct sum_columns {
  int n_keys, n_sums;
  const char *keys[MOST_COLUMNS], *sums[MOST_COLUMNS]; /* but group_id; in the arena */
} sum_columns;

/* Not added: the largest importance and the graph that has it. */
static bool is_added(const char *name) { return strcmp(name, "max") != 0 && strcmp(name, "ex") != 0; }

static bool read_columns(hw_store *store, const char *table, hw_arena *arena, sum_columns *columns, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "check/columns.sql", err);
  if (ok) hw_bind_string(&s, ":table_name", table);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row && columns->n_keys + columns->n_sums < MOST_COLUMNS) {
    const char *name;
    size_t length;
    bool key = hw_column_integer(&s, 1) > 0;
    if (!(ok = hw_column_copy(&s, 0, arena, &name, &length, err))) break;
    if (key && strcmp(name, "group_id") != 0) columns->keys[columns->n_keys++] = name;
    if (!key && is_added(name)) columns->sums[columns->n_sums++] = name;
  }
  hw_statement_close(&s);
  return ok;
}

static void put_list(const char *const *names, int n, const char *before, hw_buffer *sql) {
  for (int i = 0; i < n; i++) hw_buffer_printf(sql, "%s\"%s\"", before, names[i]);
}

/* SELECT what the rows are about, then each sum's excess as two sums: of the numbers' parts above 2^32 and below it. The sums of a damaged
 * database may pass 64 bits. `factor` is 1, 0 or -1, `from` says which rows. */
static void put_statement(const sum_columns *columns, const char *what, const char *factor, const char *from, const char *group, hw_buffer *sql) {
  hw_buffer_printf(sql, "SELECT %s", what);
  put_list(columns->keys, columns->n_keys, " || ', ' || ", sql);
  for (int i = 0; i < columns->n_sums; i++)
    hw_buffer_printf(sql, ", sum(%s * (\"%s\" >> 32)), sum(%s * (\"%s\" & 4294967295))", factor, columns->sums[i], factor, columns->sums[i]);
  hw_buffer_printf(sql, " %s GROUP BY %s", from, group);
  put_list(columns->keys, columns->n_keys, ", ", sql);
}

static __int128 excess_of(const hw_statement *s, int sum) {
  return hw_column_integer(s, 1 + 2 * sum) * ((__int128)1 << 32) + hw_column_integer(s, 2 + 2 * sum);
}

static void put_excess(__int128 excess, hw_buffer *out) {
  if (excess >= INT64_MIN && excess <= INT64_MAX) hw_buffer_printf(out, "%" PRId64, (int64_t)excess);
  else hw_buffer_printf(out, "%.6g", (double)excess);
}

static bool report_rows(hw_store *store, const char *table, const sum_columns *columns, const char *whole, const hw_buffer *sql, hw_check_report *report, hw_error *err) {
  hw_statement s = {0};
  bool row, ok = hw_buffer_check(sql, err) && hw_statement_open_text(&s, store, "check/columns.sql, sums of groups", sql->data, err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row)
    for (int i = 0; i < columns->n_sums; i++) {
      __int128 excess = excess_of(&s, i);
      if (excess == 0) continue;
      const char *about = hw_column_text(&s, 0);
      hw_buffer text;
      hw_buffer_init(&text);
      put_excess(excess, &text);
      if (text.failed) report->failure = HW_ERROR_MEMORY;
      else hw_check_differs(report, "%s %s: %s of the groups is %s more than of %s", table, about ? about : "", columns->sums[i], text.data, whole);
      hw_buffer_fini(&text);
    }
  hw_statement_close(&s);
  return ok;
}

bool hw_check_sums_agree(hw_store *store, const char *table, hw_check_report *report, hw_error *err) {
  hw_arena arena;
  hw_buffer all, marginal, from;
  sum_columns columns = {0};
  hw_arena_init(&arena);
  hw_buffer_init(&all);
  hw_buffer_init(&marginal);
  hw_buffer_init(&from);
  bool ok = read_columns(store, table, &arena, &columns, err);
  if (ok) {
    hw_buffer_printf(&from, "FROM \"%s\" t LEFT JOIN prompt_group g USING(group_id) WHERE t.group_id < 0 OR NOT g.marginal", table);
    put_statement(&columns, "'all groups'", "iif(t.group_id < 0, -1, 1)", from.data ? from.data : "", "1", &all);
    ok = hw_buffer_check(&from, err);
    hw_buffer_reset(&from);
    hw_buffer_printf(&from, "FROM (SELECT m.group_id AS wider, 1 AS sign, t.* FROM group_member m JOIN prompt_group g USING(group_id) JOIN \"%s\" t ON t.group_id = m.member_id "
                     "WHERE g.marginal UNION ALL SELECT t.group_id, -1, t.* FROM \"%s\" t JOIN prompt_group g USING(group_id) WHERE g.marginal)", table, table);
    put_statement(&columns, "'group ' || wider", "sign", from.data ? from.data : "", "wider", &marginal);
    ok = ok && hw_buffer_check(&from, err) && report_rows(store, table, &columns, "all", &all, report, err) &&
         report_rows(store, table, &columns, "their marginal group", &marginal, report, err);
  }
  hw_buffer_fini(&all);
  hw_buffer_fini(&marginal);
  hw_buffer_fini(&from);
  hw_arena_fini(&arena);
  return ok;
}
