/* SPDX-License-Identifier: Apache-2.0
 * Groups of prompts by conditions of the user's. A condition is SQL from outside: it is run as any statement of the user's, which reads only. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

/* Appends "[1,17,...]": the prompts of which the condition, with `test` behind it, is true. */
static bool list_prompts(hw_store *store, const char *condition, const char *test, hw_buffer *out, hw_error *err) {
  static const char place[] = "1 /* condition */";
  const char *frame = hw_sql("compare/condition.sql"), *at = strstr(frame, place);
  hw_buffer sql, rows;
  hw_error why = {0};
  hw_buffer_init(&sql);
  hw_buffer_init(&rows);
  /* A line of its own: the condition may end in a comment. */
  hw_buffer_printf(&sql, "%.*s(\n%s\n)%s%s", (int)(at - frame), frame, condition, test, at + sizeof place - 1);
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

/* Both lists ascend. `of`: what a prompt is in both of. */
static bool check_apart(const char *a, const char *b, const char *of, hw_error *err) {
  char *end_a, *end_b;
  int64_t n = 0, first = 0;
  for (a++, b++; *a && *b && *a != ']' && *b != ']';) {
    int64_t in_a = strtoll(a, &end_a, 10), in_b = strtoll(b, &end_b, 10);
    if (in_a == in_b && !n++) first = in_a;
    if (in_a <= in_b) a = end_a + (*end_a == ',');
    if (in_b <= in_a) b = end_b + (*end_b == ',');
  }
  return !n || hw_fail(err, HW_ERROR_INPUT, "%" PRId64 " prompts satisfy %s, first prompt %" PRId64 ": a prompt is on one side only", n, of, first);
}

/* Commas are between the numbers of a list. */
static int64_t count_listed(const char *list) {
  int64_t n = list[1] != ']';
  for (; *list; list++) n += *list == ',';
  return n;
}

bool hw_condition_sides(hw_store *store, const char *a, const char *b, hw_buffer *prompts_a, hw_buffer *prompts_b, int64_t *n_unknown, hw_error *err) {
  *n_unknown = 0;
  if (!list_prompts(store, a, "", prompts_a, err)) return false;
  if (b) return list_prompts(store, b, "", prompts_b, err) && check_apart(prompts_a->data, prompts_b->data, "both conditions", err);
  hw_buffer unknown;
  hw_buffer_init(&unknown);
  static const char of[] = "the condition and its contrary"; /* one like random() */
  bool ok = list_prompts(store, a, " IS FALSE", prompts_b, err) && list_prompts(store, a, " IS NULL", &unknown, err) &&
            check_apart(prompts_a->data, prompts_b->data, of, err) && check_apart(prompts_a->data, unknown.data, of, err) && check_apart(prompts_b->data, unknown.data, of, err);
  if (ok) *n_unknown = count_listed(unknown.data);
  hw_buffer_fini(&unknown);
  return ok;
}
