/* SPDX-License-Identifier: Apache-2.0
 * For the page's lists of 100,000 graphs. Two aggregates keep a list in memory once, where SQLite would store it, sort it and read it again.
 *   hw_list_page(graph_id, importance, value, order, after, limit): JSON {"count", "next", "rows": [[graph_id, importance]...]}, the first `limit` rows in
 *     order behind the graph `after` where it is not NULL; next: the last of them where more follow, else null; count: of the list.
 *   hw_list_way(graph_id, importance, value, order, prompt, target): JSON {"count", "place", "previous", "next"}, the graphs before and behind that of the
 *     prompt, at `target` where there is one, else at its last position in the list, and its place from 1. Where the list does not have the prompt,
 *     place is null, and it stands where it would by its number, nowhere in an order by value.
 *   hw_contains(text, part): 1 where the text has the part, ASCII letters in capitals or not, as LIKE has it between two %.
 * order: 0 by graph_id up, 1 down; 2 by value up, 3 down, without one last, then by graph_id up. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "functions/functions.h"

enum { GRAPH, IMPORTANCE, VALUE, ORDER, N_ROW_ARGUMENTS };
enum { AFTER = N_ROW_ARGUMENTS, LIMIT, N_PAGE_ARGUMENTS };
enum { PROMPT = N_ROW_ARGUMENTS, TARGET, N_WAY_ARGUMENTS };
enum { BY_VALUE = 2, DOWN = 1 }; /* bits of order */
enum { MOST_ROWS = 1 << 20, TARGET_BITS = 20 };

typedef struct list_row {
  double key;
  int64_t tie, graph_id; /* tie: what orders rows of one key */
  double importance; /* below 0: NULL */
} list_row;

typedef struct list {
  list_row *rows;
  size_t n, capacity;
  int64_t order, arguments[2]; /* arguments behind those of a row; the same for all rows */
  bool given[2];
} list;

static int compare(const void *a, const void *b) {
  const list_row *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return x->tie < y->tie ? -1 : x->tie > y->tie;
}

static void list_step(sqlite3_context *context, int argc, sqlite3_value **argv) {
  list *l = sqlite3_aggregate_context(context, sizeof *l);
  if (l && l->n == l->capacity) {
    size_t capacity = l->capacity ? 2 * l->capacity : 1024;
    list_row *rows = realloc(l->rows, capacity * sizeof *rows);
    if (rows) l->rows = rows, l->capacity = capacity;
  }
  if (!l || l->n == l->capacity) {
    sqlite3_result_error_nomem(context);
    return;
  }
  if (!l->n) {
    l->order = sqlite3_value_int64(argv[ORDER]);
    for (int i = N_ROW_ARGUMENTS; i < argc; i++) {
      l->given[i - N_ROW_ARGUMENTS] = sqlite3_value_type(argv[i]) != SQLITE_NULL;
      l->arguments[i - N_ROW_ARGUMENTS] = sqlite3_value_int64(argv[i]);
    }
  }
  int64_t graph_id = sqlite3_value_int64(argv[GRAPH]);
  double value = sqlite3_value_type(argv[VALUE]) == SQLITE_NULL ? HUGE_VAL : sqlite3_value_double(argv[VALUE]);
  if (l->order & DOWN && value < HUGE_VAL) value = -value;
  l->rows[l->n++] = (list_row){.key = l->order & BY_VALUE ? value : 0,
                               .tie = l->order == DOWN ? -graph_id : graph_id,
                               .graph_id = graph_id,
                               .importance = sqlite3_value_type(argv[IMPORTANCE]) == SQLITE_NULL ? -1 : sqlite3_value_double(argv[IMPORTANCE])};
}

/* The JSON text becomes the result; frees the list. */
static void finish(sqlite3_context *context, list *l, hw_buffer *out) {
  if (out->failed) sqlite3_result_error_nomem(context);
  else sqlite3_result_text64(context, out->data, out->length, SQLITE_TRANSIENT, SQLITE_UTF8);
  hw_buffer_fini(out);
  if (!l) return;
  free(l->rows);
  *l = (list){0};
}

static void put_graph(hw_json *json, const char *key, const list_row *row) {
  hw_json_key(json, key);
  if (row) hw_json_int(json, row->graph_id);
  else hw_json_null(json);
}

/* Moves the least `most` rows behind `after` to the front, in order; returns their number. Those that are kept are a heap, the last of them on top. */
static size_t take_first(list_row *rows, size_t n, const list_row *after, size_t most) {
  size_t kept = 0;
  for (size_t i = 0; i < n && most; i++) {
    list_row row = rows[i];
    if (after && compare(&row, after) <= 0) continue;
    size_t at;
    if (kept < most) {
      for (at = kept++; at && compare(&row, &rows[(at - 1) / 2]) > 0; at = (at - 1) / 2) rows[at] = rows[(at - 1) / 2];
    } else if (compare(&row, &rows[0]) < 0) {
      size_t child;
      for (at = 0; (child = 2 * at + 1) < kept; at = child) {
        if (child + 1 < kept && compare(&rows[child + 1], &rows[child]) > 0) child++;
        if (compare(&row, &rows[child]) >= 0) break;
        rows[at] = rows[child];
      }
    } else {
      continue;
    }
    rows[at] = row;
  }
  if (kept) qsort(rows, kept, sizeof *rows, compare);
  return kept;
}

static void page_final(sqlite3_context *context) {
  list *l = sqlite3_aggregate_context(context, 0);
  size_t n = l ? l->n : 0, kept = 0, most = 0;
  list_row after = {0};
  bool found = true;
  if (n) {
    int64_t limit = l->arguments[LIMIT - N_ROW_ARGUMENTS];
    most = limit < 0 ? 0 : limit < MOST_ROWS ? (size_t)limit : MOST_ROWS;
    bool behind = l->given[AFTER - N_ROW_ARGUMENTS];
    for (size_t i = 0; behind && i < n; i++)
      if (l->rows[i].graph_id == l->arguments[AFTER - N_ROW_ARGUMENTS]) after = l->rows[i], behind = false;
    found = !behind; /* a graph that is not in the list has nothing behind it */
    if (found) kept = take_first(l->rows, n, l->given[AFTER - N_ROW_ARGUMENTS] ? &after : NULL, most + 1);
  }
  hw_buffer out;
  hw_json json;
  hw_buffer_init(&out);
  hw_json_init(&json, &out);
  hw_json_begin_object(&json);
  hw_json_key_int(&json, "count", (int64_t)n);
  put_graph(&json, "next", kept > most && most ? &l->rows[most - 1] : NULL);
  hw_json_key(&json, "rows");
  hw_json_begin_array(&json);
  for (size_t i = 0; i < kept && i < most; i++) {
    hw_json_begin_array(&json);
    hw_json_int(&json, l->rows[i].graph_id);
    if (l->rows[i].importance < 0) hw_json_null(&json);
    else hw_json_double(&json, l->rows[i].importance);
    hw_json_end_array(&json);
  }
  hw_json_end_array(&json);
  hw_json_end_object(&json);
  finish(context, l, &out);
}

/* Where the way is: the row of the prompt, or what stands for it in `absent`; NULL: nowhere. */
static const list_row *find_place(const list *l, list_row *absent, bool *listed) {
  int64_t prompt = l->arguments[PROMPT - N_ROW_ARGUMENTS], wanted = prompt << TARGET_BITS | l->arguments[TARGET - N_ROW_ARGUMENTS];
  const list_row *best = NULL;
  for (size_t i = 0; i < l->n; i++) {
    const list_row *row = &l->rows[i];
    if (row->graph_id >> TARGET_BITS != prompt) continue;
    if (l->given[TARGET - N_ROW_ARGUMENTS] && row->graph_id == wanted) return *listed = true, row;
    if (!best || row->graph_id > best->graph_id) best = row;
  }
  *listed = best != NULL;
  *absent = (list_row){.tie = l->order == DOWN ? -wanted : wanted};
  return best ? best : l->order & BY_VALUE ? NULL : absent;
}

static void way_final(sqlite3_context *context) {
  list *l = sqlite3_aggregate_context(context, 0);
  list_row absent;
  bool listed = false;
  const list_row *at = l && l->n ? find_place(l, &absent, &listed) : NULL, *previous = NULL, *next = NULL;
  int64_t place = 1;
  for (size_t i = 0; at && i < l->n; i++) {
    const list_row *row = &l->rows[i];
    int order = compare(row, at);
    place += order < 0;
    if (order < 0 && (!previous || compare(row, previous) > 0)) previous = row;
    if (order > 0 && (!next || compare(row, next) < 0)) next = row;
  }
  hw_buffer out;
  hw_json json;
  hw_buffer_init(&out);
  hw_json_init(&json, &out);
  hw_json_begin_object(&json);
  hw_json_key_int(&json, "count", l ? (int64_t)l->n : 0);
  hw_json_key(&json, "place");
  if (listed) hw_json_int(&json, place);
  else hw_json_null(&json);
  put_graph(&json, "previous", previous);
  put_graph(&json, "next", next);
  hw_json_end_object(&json);
  finish(context, l, &out);
}

static unsigned char lower(unsigned char byte) { return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte; }

static void contains(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  if (sqlite3_value_type(argv[0]) == SQLITE_NULL || sqlite3_value_type(argv[1]) == SQLITE_NULL) return;
  const unsigned char *text = sqlite3_value_text(argv[0]), *part = sqlite3_value_text(argv[1]);
  if (!text || !part) {
    sqlite3_result_error_nomem(context);
    return;
  }
  size_t n = strlen((const char *)text), m = strlen((const char *)part);
  bool found = m == 0;
  for (size_t i = 0; i + m <= n && !found; i++) {
    size_t k = 0;
    while (k < m && lower(text[i + k]) == lower(part[k])) k++;
    found = k == m;
  }
  sqlite3_result_int(context, found);
}

int hw_register_lists(sqlite3 *db) {
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  int rc = sqlite3_create_function_v2(db, "hw_list_page", N_PAGE_ARGUMENTS, flags, NULL, NULL, list_step, page_final, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_create_function_v2(db, "hw_list_way", N_WAY_ARGUMENTS, flags, NULL, NULL, list_step, way_final, NULL);
  return rc == SQLITE_OK ? sqlite3_create_function_v2(db, "hw_contains", 2, flags, NULL, contains, NULL, NULL, NULL) : rc;
}
