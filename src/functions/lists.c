/* SPDX-License-Identifier: Apache-2.0
 * For the page's lists of 100,000 graphs, which SQLite would store, sort and read again. A list is bytes like those of
 * item_graph.graphs (merge.c); NULL: none.
 *   hw_list_page(graphs, has_importance, filter, filter, prompts, from, past, sort, down, after, limit): JSON {"count", "next", "rows": [[graph_id,
 *     importance]...]}, the first `limit` rows in order behind the graph `after` where it is not NULL; next: the last of them where more follow, else
 *     null; count: of the list.
 *   hw_list_way(graphs, has_importance, filter, filter, prompts, from, past, sort, down, prompt, target): JSON {"count", "place", "previous", "next"},
 *     the graphs before and behind that of the prompt, at `target` where there is one, else at its last position in the list, and its place from 1.
 *     Where the list does not have the prompt, place is null, and it stands where it would by its number, nowhere in another order.
 * Of the graphs count those with from <= graph_id < past that each filter has too where it is not NULL, and of whose prompt a graph is in `prompts`.
 * sort: number, importance, probability, rank, logit_diff, or mixed, an order that is the same each time and knows nothing of the graphs. What has
 * no value stands last; graphs of one value stand in the order of their numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "functions/functions.h"

enum { GRAPHS, HAS_IMPORTANCE, FILTER, SECOND_FILTER, PROMPTS, FROM, PAST, SORT, DOWN, FIRST_OWN, SECOND_OWN, N_ARGUMENTS };
enum { AFTER = FIRST_OWN, LIMIT = SECOND_OWN, PROMPT = FIRST_OWN, TARGET = SECOND_OWN };
enum { MOST_ROWS = 1 << 20 };

typedef struct list_row {
  double key;
  int64_t tie, graph_id; /* tie: what orders rows of one key */
  double importance; /* below 0: none */
} list_row;

typedef struct list {
  hw_arena arena;
  hw_kept *kept; /* of the connection */
  list_row *rows;
  size_t n;
  hw_list_sort sort;
  bool down;
} list;

static int compare(const void *a, const void *b) {
  const list_row *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return x->tie < y->tie ? -1 : x->tie > y->tie;
}

static void fail(sqlite3_context *context, const char *message, int code) {
  char *text = sqlite3_mprintf("hw_list: %s", message);
  if (text && code != SQLITE_NOMEM) sqlite3_result_error(context, text, -1);
  else sqlite3_result_error_nomem(context);
  if (text) sqlite3_result_error_code(context, code);
  sqlite3_free(text);
}

/* False and an error as the result, unless it is a list or NULL. */
static bool is_list(sqlite3_context *context, sqlite3_value *bytes) {
  if (sqlite3_value_type(bytes) == SQLITE_NULL || sqlite3_value_type(bytes) == SQLITE_BLOB) return true;
  fail(context, "wants the column graphs", SQLITE_ERROR);
  return false;
}

/* Makes err the result. */
static bool fail_by(sqlite3_context *context, const hw_error *err) {
  fail(context, err->message, err->kind == HW_ERROR_MEMORY ? SQLITE_NOMEM : HW_DAMAGED_BYTES);
  return false;
}

/* The graphs of an argument, [n] ascending; none of NULL. false after an error, which is the result then. */
static bool read_graphs(sqlite3_context *context, list *l, sqlite3_value *bytes, hw_item_graph **graphs, size_t *n) {
  hw_error err = {0};
  *n = 0;
  if (!is_list(context, bytes)) return false;
  if (sqlite3_value_type(bytes) == SQLITE_NULL) return true;
  return hw_decode_item_graphs(sqlite3_value_blob(bytes), (size_t)sqlite3_value_bytes(bytes), &l->arena, graphs, n, &err) || fail_by(context, &err);
}

/* Leaves the graphs that the filter has too, or whose prompts it has: those that agree without their last `bits` bits. */
static bool keep_common(sqlite3_context *context, hw_item_graph *graphs, size_t *n, sqlite3_value *bytes, int bits) {
  hw_error err = {0};
  if (!is_list(context, bytes)) return false;
  hw_item_graphs filter = hw_item_graphs_of(sqlite3_value_blob(bytes), (size_t)sqlite3_value_bytes(bytes));
  size_t kept = 0, i = 0;
  for (hw_item_graph next; hw_next_item_graph(&filter, &next);) {
    while (i < *n && graphs[i].graph_id >> bits < next.graph_id >> bits) i++;
    for (; i < *n && graphs[i].graph_id >> bits == next.graph_id >> bits; i++) graphs[kept++] = graphs[i];
  }
  *n = kept;
  return hw_item_graphs_end(&filter, &err) || fail_by(context, &err);
}

static bool filter(sqlite3_context *context, sqlite3_value **argv, hw_item_graph *graphs, size_t *n) {
  for (int i = FILTER; i <= PROMPTS; i++)
    if (sqlite3_value_type(argv[i]) != SQLITE_NULL && !keep_common(context, graphs, n, argv[i], i == PROMPTS ? HW_TARGET_BITS : 0)) return false;
  size_t kept = 0;
  int64_t from = sqlite3_value_int64(argv[FROM]), past = sqlite3_value_int64(argv[PAST]);
  for (size_t i = 0; i < *n; i++)
    if (graphs[i].graph_id >= from && graphs[i].graph_id < past) graphs[kept++] = graphs[i];
  *n = kept;
  return true;
}

/* Any order of the prompts will do; that of their numbers, like every hundredth, may go with the data set's own. */
static double mix(int64_t graph_id) { return (uint32_t)((uint64_t)(graph_id >> HW_TARGET_BITS) * 1640531527U); }

/* The rows and their keys; false after an error, which is the result then. */
static bool fill(sqlite3_context *context, list *l, sqlite3_value **argv) {
  const char *sort = (const char *)sqlite3_value_text(argv[SORT]);
  if (!hw_list_find_sort(sort ? sort : "", &l->sort)) {
    fail(context, "sort must be one of number, importance, probability, rank, logit_diff, mixed", SQLITE_ERROR);
    return false;
  }
  l->down = sqlite3_value_int(argv[DOWN]) != 0;
  hw_item_graph *graphs;
  size_t n;
  if (!read_graphs(context, l, argv[GRAPHS], &graphs, &n) || !filter(context, argv, graphs, &n)) return false;
  l->rows = n ? hw_arena_alloc(&l->arena, n, sizeof *l->rows, NULL) : NULL;
  if (n && !l->rows) {
    sqlite3_result_error_nomem(context);
    return false;
  }
  hw_list_values values;
  int64_t first = n ? graphs[0].graph_id : 0, last = n ? graphs[n - 1].graph_id : 0;
  int rc = hw_list_values_open(&values, sqlite3_context_db_handle(context), l->kept, l->sort, first, last, n);
  bool has_importance = sqlite3_value_int(argv[HAS_IMPORTANCE]) != 0;
  for (; l->n < n && rc == SQLITE_OK; l->n++) {
    int64_t graph_id = graphs[l->n].graph_id;
    double importance = has_importance ? graphs[l->n].importance / HW_MICRO : -1, value = importance;
    bool there = l->sort == HW_LIST_MIXED || (l->sort == HW_LIST_IMPORTANCE && has_importance);
    if (l->sort == HW_LIST_MIXED) value = mix(graph_id);
    else if (l->sort > HW_LIST_IMPORTANCE) rc = hw_list_values_find(&values, graph_id, &there, &value);
    l->rows[l->n] = (list_row){.key = l->sort == HW_LIST_NUMBER ? 0 : !there ? HUGE_VAL : l->down ? -value : value,
                               .tie = l->sort == HW_LIST_NUMBER && l->down ? -graph_id : graph_id,
                               .graph_id = graph_id,
                               .importance = importance};
  }
  hw_list_values_close(&values);
  if (rc != SQLITE_OK) fail(context, sqlite3_errmsg(sqlite3_context_db_handle(context)), rc);
  return rc == SQLITE_OK;
}

/* The JSON text becomes the result. */
static void finish(sqlite3_context *context, hw_buffer *out) {
  if (out->failed) sqlite3_result_error_nomem(context);
  else sqlite3_result_text64(context, out->data, out->length, SQLITE_TRANSIENT, SQLITE_UTF8);
  hw_buffer_fini(out);
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

static void put_page(sqlite3_context *context, const list *l, sqlite3_value **argv) {
  int64_t limit = sqlite3_value_int64(argv[LIMIT]);
  size_t kept = 0, most = limit < 0 ? 0 : limit < MOST_ROWS ? (size_t)limit : MOST_ROWS, n = l->n;
  list_row after = {0};
  bool is_behind = sqlite3_value_type(argv[AFTER]) != SQLITE_NULL, found = !is_behind;
  for (size_t i = 0; !found && i < n; i++)
    if (l->rows[i].graph_id == sqlite3_value_int64(argv[AFTER])) after = l->rows[i], found = true;
  if (found) kept = take_first(l->rows, n, is_behind ? &after : NULL, most + 1); /* a graph that is not in the list has nothing behind it */
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
  finish(context, &out);
}

/* Where the way is: the row of the prompt, or what stands for it in `absent`; NULL: nowhere. */
static const list_row *find_place(const list *l, sqlite3_value **argv, list_row *absent, bool *listed) {
  int64_t prompt = sqlite3_value_int64(argv[PROMPT]), target = sqlite3_value_int64(argv[TARGET]);
  if (prompt < 0 || prompt > INT64_MAX >> HW_TARGET_BITS || target < 0 || target >> HW_TARGET_BITS) return NULL;
  int64_t wanted = prompt << HW_TARGET_BITS | target;
  bool has_target = sqlite3_value_type(argv[TARGET]) != SQLITE_NULL;
  const list_row *best = NULL;
  for (size_t i = 0; i < l->n; i++) {
    const list_row *row = &l->rows[i];
    if (row->graph_id >> HW_TARGET_BITS != prompt) continue;
    if (has_target && row->graph_id == wanted) return *listed = true, row;
    if (!best || row->graph_id > best->graph_id) best = row;
  }
  *listed = best != NULL;
  *absent = (list_row){.tie = l->down ? -wanted : wanted};
  return best ? best : l->sort == HW_LIST_NUMBER ? absent : NULL;
}

static void put_way(sqlite3_context *context, const list *l, sqlite3_value **argv) {
  list_row absent;
  bool listed = false;
  const list_row *at = find_place(l, argv, &absent, &listed), *previous = NULL, *next = NULL;
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
  hw_json_key_int(&json, "count", (int64_t)l->n);
  hw_json_key(&json, "place");
  if (listed) hw_json_int(&json, place);
  else hw_json_null(&json);
  put_graph(&json, "previous", previous);
  put_graph(&json, "next", next);
  hw_json_end_object(&json);
  finish(context, &out);
}

static void with_list(sqlite3_context *context, sqlite3_value **argv, void (*put)(sqlite3_context *context, const list *l, sqlite3_value **argv)) {
  list l = {.kept = sqlite3_user_data(context)};
  hw_arena_init(&l.arena);
  if (fill(context, &l, argv)) put(context, &l, argv);
  hw_arena_fini(&l.arena);
}

static void list_page(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  with_list(context, argv, put_page);
}

static void list_way(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  with_list(context, argv, put_way);
}

int hw_register_lists(sqlite3 *db, hw_kept *kept) {
  const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY; /* they read tables */
  int rc = sqlite3_create_function_v2(db, "hw_list_page", N_ARGUMENTS, flags, kept, list_page, NULL, NULL, NULL);
  return rc == SQLITE_OK ? sqlite3_create_function_v2(db, "hw_list_way", N_ARGUMENTS, flags, kept, list_way, NULL, NULL, NULL) : rc;
}
