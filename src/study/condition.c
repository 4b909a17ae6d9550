/* SPDX-License-Identifier: Apache-2.0
 * Groups of prompts by conditions of the user's. A condition is SQL from outside: it is run as any statement of the user's, which reads only. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "headwater/query.h"
#include "sqlite/sql.h"
#include "study/compare.h"

static bool append(void *context, const char *bytes, size_t length) {
  hw_buffer_append(context, bytes, length);
  return true;
}

static bool is_number(const char *text, size_t n) {
  size_t sign = *text == '-';
  return n > sign && strspn(text + sign, "0123456789") == n - sign;
}

static void frame_condition(const char *condition, const char *test, hw_buffer *sql) {
  static const char place[] = "1 /* condition */";
  const char *frame = hw_sql("compare/condition.sql"), *at = strstr(frame, place);
  /* A line of its own: the condition may end in a comment. */
  hw_buffer_printf(sql, "%.*s(\n%s\n)%s%s", (int)(at - frame), frame, condition, test, at + sizeof place - 1);
}

/* Appends "[1,17,...]": the prompts of which the condition, with `test` behind it, is true. */
static bool list_prompts(hw_store *store, const char *condition, const char *test, hw_buffer *out, hw_error *err) {
  hw_buffer sql, rows;
  hw_error why = {0};
  hw_buffer_init(&sql);
  hw_buffer_init(&rows);
  frame_condition(condition, test, &sql);
  bool ok = hw_buffer_check(&sql, err);
  if (ok && !hw_store_select(store, sql.data, NULL, 0, HW_FORMAT_CSV, append, &rows, &why))
    ok = hw_fail(err, why.kind, "where \"%.200s\": %s", condition, why.message);
  ok = ok && hw_buffer_check(&rows, err);
  const char *row = ok ? strchr(rows.data, '\n') + 1 : ""; /* behind the header */
  hw_buffer_append_byte(out, '[');
  for (size_t n; ok && *row; row += n, row += strspn(row, "\r\n")) {
    n = strcspn(row, "\r\n");
    ok = is_number(row, n) || hw_fail(err, HW_ERROR_INPUT, "%s: the view prompt_wide has \"%.*s\" for a prompt_id", store->path, (int)(n < 40 ? n : 40), row);
    hw_buffer_append(out, row, n);
    hw_buffer_append_byte(out, ',');
  }
  if (out->length && out->data[out->length - 1] == ',') out->data[--out->length] = '\0';
  hw_buffer_append_byte(out, ']');
  hw_buffer_fini(&sql);
  hw_buffer_fini(&rows);
  return ok && hw_buffer_check(out, err);
}

/* How many prompts are in both lists, which ascend; *first: the first of them. */
static int64_t count_common(const char *a, const char *b, int64_t *first) {
  char *end_a, *end_b;
  int64_t n = 0;
  for (a++, b++; *a && *b && *a != ']' && *b != ']';) {
    int64_t in_a = strtoll(a, &end_a, 10), in_b = strtoll(b, &end_b, 10);
    if (in_a == in_b && !n++) *first = in_a;
    if (in_a <= in_b) a = end_a + (*end_a == ',');
    if (in_b <= in_a) b = end_b + (*end_b == ',');
  }
  return n;
}

/* `of`: what a prompt is in both of. */
static bool check_apart(const char *a, const char *b, const char *of, hw_error *err) {
  int64_t first = 0, n = count_common(a, b, &first);
  return !n || hw_fail(err, HW_ERROR_INPUT, "%" PRId64 " prompts satisfy %s, first prompt %" PRId64 ": a prompt is on one side only", n, of, first);
}

/* Commas are between the numbers of a list. */
static int64_t count_listed(const char *list) {
  int64_t n = list[1] != ']';
  for (; *list; list++) n += *list == ',';
  return n;
}

/* ---- columns of numbers that have texts ---- */

typedef struct read_columns {
  char **names; /* of prompt_wide, that a condition reads */
  size_t n, capacity;
  bool failed; /* memory */
} read_columns;

static int see_column(void *context, int action, const char *table, const char *column, const char *database, const char *view) {
  (void)database, (void)view;
  read_columns *columns = context;
  hw_error err = {0};
  if (action != SQLITE_READ || !table || !column || sqlite3_stricmp(table, "prompt_wide") != 0) return SQLITE_OK;
  for (size_t i = 0; i < columns->n; i++)
    if (strcmp(columns->names[i], column) == 0) return SQLITE_OK;
  if (!hw_list_reserve(columns->names, columns->n, 1, columns->capacity, NULL, &err) || !(columns->names[columns->n] = strdup(column))) columns->failed = true;
  else columns->n++;
  return SQLITE_OK;
}

/* A statement that has run before is only compiled again, to be told what it reads. */
static bool read_names(hw_store *store, const char *condition, read_columns *columns, hw_error *err) {
  sqlite3_stmt *statement = NULL;
  hw_buffer sql;
  hw_buffer_init(&sql);
  frame_condition(condition, "", &sql);
  bool ok = hw_buffer_check(&sql, err);
  (void)sqlite3_set_authorizer(store->db, see_column, columns);
  ok = ok && (sqlite3_prepare_v2(store->db, sql.data, -1, &statement, NULL) == SQLITE_OK || hw_store_fail(store, "read the condition again", err));
  (void)sqlite3_set_authorizer(store->db, NULL, NULL);
  (void)sqlite3_finalize(statement);
  hw_buffer_fini(&sql);
  return ok && (!columns->failed || hw_fail_memory(err, "the columns of a condition"));
}

/* Notes the prompts of both sides that have a text in the column, where other prompts have numbers. */
static bool note_texts(hw_store *store, const char *column, const char *prompts_a, const char *prompts_b, hw_buffer *notes, hw_error *err) {
  hw_buffer texts, numbers;
  int64_t first;
  hw_buffer_init(&texts);
  hw_buffer_init(&numbers);
  char *name = sqlite3_mprintf("typeof(\"%w\")", column);
  bool ok = (name || hw_fail_memory(err, "the columns of a condition")) && list_prompts(store, name, " = 'text'", &texts, err) &&
            (count_listed(texts.data) == 0 || list_prompts(store, name, " IN ('integer', 'real')", &numbers, err));
  int64_t n_a = ok ? count_common(texts.data, prompts_a, &first) : 0, n_b = ok ? count_common(texts.data, prompts_b, &first) : 0;
  if (n_a + n_b > 0 && count_listed(numbers.data) > 0)
    hw_buffer_printf(notes, "%" PRId64 " prompts of a and %" PRId64 " of b have a text in %.100s, where others have numbers: SQL takes each text as larger than each number\n", n_a, n_b, column);
  sqlite3_free(name);
  hw_buffer_fini(&texts);
  hw_buffer_fini(&numbers);
  return ok;
}

static bool note_columns(hw_store *store, const char *a, const char *b, const char *prompts_a, const char *prompts_b, hw_buffer *notes, hw_error *err) {
  read_columns columns = {0};
  bool ok = read_names(store, a, &columns, err) && (!b || read_names(store, b, &columns, err));
  for (size_t i = 0; i < columns.n; i++) {
    ok = ok && note_texts(store, columns.names[i], prompts_a, prompts_b, notes, err);
    free(columns.names[i]);
  }
  free(columns.names);
  return ok;
}

bool hw_condition_sides(hw_store *store, const char *a, const char *b, hw_buffer *prompts_a, hw_buffer *prompts_b, hw_buffer *notes, hw_error *err) {
  static const char of[] = "the condition and its contrary"; /* one like random() */
  hw_buffer unknown;
  hw_buffer_init(&unknown);
  bool ok = list_prompts(store, a, "", prompts_a, err);
  if (b) ok = ok && list_prompts(store, b, "", prompts_b, err) && check_apart(prompts_a->data, prompts_b->data, "both conditions", err);
  else
    ok = ok && list_prompts(store, a, " IS FALSE", prompts_b, err) && list_prompts(store, a, " IS NULL", &unknown, err) &&
         check_apart(prompts_a->data, prompts_b->data, of, err) && check_apart(prompts_a->data, unknown.data, of, err) && check_apart(prompts_b->data, unknown.data, of, err);
  int64_t n_unknown = ok && !b ? count_listed(unknown.data) : 0;
  if (n_unknown)
    hw_buffer_printf(notes, "%" PRId64 " prompts are on neither side, because \"%.200s\" is NULL for them: a value is missing\n", n_unknown, a);
  ok = ok && note_columns(store, a, b, prompts_a->data, prompts_b->data, notes, err);
  hw_buffer_fini(&unknown);
  return ok;
}
