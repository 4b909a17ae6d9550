/* SPDX-License-Identifier: Apache-2.0
 * Aggregates that make one list of graphs, bytes like those of the column item_graph.graphs, for hw_item_graphs(): each graph once, with its largest
 * importance.
 *   hw_merge_item_graphs(graphs): of several lists. Of the items of a head these are the graphs where it is active, with the importance of its
 *     strongest edge there.
 *   hw_graph_list(graph_id): of graphs, with importances of 0. hw_graph_list(prompt_id, n_tokens): of those of prompts' last positions; of a damaged
 *     number of tokens the first. */
#include <stdlib.h>

#include "functions/functions.h"

typedef struct merged {
  hw_item_graph *list; /* [capacity], in the order that they came in */
  size_t n, capacity;
} merged;

static bool reserve(merged *m, size_t more) {
  if (more <= m->capacity - m->n) return true;
  size_t capacity = m->capacity ? m->capacity : 1024;
  while (capacity < m->n + more) capacity *= 2;
  hw_item_graph *list = realloc(m->list, capacity * sizeof *list);
  if (!list) return false;
  m->list = list;
  m->capacity = capacity;
  return true;
}

static void merge_step(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  merged *m = sqlite3_aggregate_context(context, sizeof *m);
  if (!m) {
    sqlite3_result_error_nomem(context);
    return;
  }
  if (sqlite3_value_type(argv[0]) == SQLITE_NULL) return;
  if (sqlite3_value_type(argv[0]) != SQLITE_BLOB) {
    sqlite3_result_error(context, "hw_merge_item_graphs: wants the column graphs", -1);
    return;
  }
  hw_item_graphs list = hw_item_graphs_of(sqlite3_value_blob(argv[0]), (size_t)sqlite3_value_bytes(argv[0]));
  if (!reserve(m, list.length / 2 + 1)) { /* each has two varints of at least a byte */
    sqlite3_result_error_nomem(context);
    return;
  }
  while (hw_next_item_graph(&list, &m->list[m->n])) m->n++;
  hw_error err = {0};
  if (hw_item_graphs_end(&list, &err)) return;
  char *message = sqlite3_mprintf("hw_merge_item_graphs: %s", err.message);
  if (message) sqlite3_result_error(context, message, -1);
  else sqlite3_result_error_nomem(context);
  if (message) sqlite3_result_error_code(context, HW_DAMAGED_BYTES);
  sqlite3_free(message);
}

static int64_t last_graph(int64_t prompt_id, int64_t n_tokens) {
  bool fits = n_tokens > 0 && n_tokens <= (int64_t)1 << HW_TARGET_BITS;
  return prompt_id << HW_TARGET_BITS | (fits ? n_tokens - 1 : 0);
}

static void collect_step(sqlite3_context *context, int argc, sqlite3_value **argv) {
  merged *m = sqlite3_aggregate_context(context, sizeof *m);
  int64_t id = sqlite3_value_int64(argv[0]);
  if (id < 0 || (argc > 1 && id > INT64_MAX >> HW_TARGET_BITS)) sqlite3_result_error(context, "hw_graph_list: wants a graph_id or prompt_id from 0 on", -1);
  else if (!m || !reserve(m, 1)) sqlite3_result_error_nomem(context);
  else m->list[m->n++] = (hw_item_graph){.graph_id = argc > 1 ? last_graph(id, sqlite3_value_int64(argv[1])) : id};
}

/* Where the graphs that ascend from `i` on end. */
static size_t find_end(const hw_item_graph *list, size_t n, size_t i) {
  for (i++; i < n && list[i - 1].graph_id < list[i].graph_id; i++) continue;
  return i < n ? i : n;
}

/* Merges each two runs of `list` that ascend into one of `out`; returns how many there are then, and their graphs in n. */
static size_t merge_runs(const hw_item_graph *list, hw_item_graph *out, size_t *n) {
  size_t runs = 0, to = 0;
  for (size_t i = 0; i < *n; runs++) {
    size_t middle = find_end(list, *n, i), end = middle < *n ? find_end(list, *n, middle) : *n, k = middle;
    while (i < middle || k < end) {
      bool both = i < middle && k < end && list[i].graph_id == list[k].graph_id;
      bool first = k == end || (i < middle && list[i].graph_id < list[k].graph_id);
      hw_item_graph next = first ? list[i] : list[k];
      if (both && list[i].importance > next.importance) next = list[i];
      i += both || first;
      k += both || !first;
      out[to++] = next;
    }
    i = end;
  }
  *n = to;
  return runs;
}

/* Puts the list in order; needs no memory where it is already, as the items of an edge are. */
static bool put_in_order(merged *m) {
  if (!m->n || find_end(m->list, m->n, 0) == m->n) return true;
  hw_item_graph *spare = malloc(m->n * sizeof *spare);
  for (size_t runs = 2; spare && runs > 1;) {
    runs = merge_runs(m->list, spare, &m->n);
    hw_item_graph *list = spare;
    spare = m->list;
    m->list = list;
  }
  free(spare);
  return spare != NULL;
}

static void list_final(sqlite3_context *context) {
  merged *m = sqlite3_aggregate_context(context, 0);
  hw_buffer out;
  hw_buffer_init(&out);
  if (m && !put_in_order(m)) out.failed = true;
  else if (m) hw_encode_item_graphs(&out, m->list, m->n);
  if (out.failed) {
    sqlite3_result_error_nomem(context);
    hw_buffer_fini(&out);
  } else if (out.data) {
    sqlite3_result_blob64(context, out.data, out.length, free); /* which is how a buffer is freed */
  } else {
    sqlite3_result_zeroblob(context, 0);
  }
  if (!m) return;
  free(m->list);
  *m = (merged){0};
}

int hw_register_merge(sqlite3 *db) {
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  int rc = sqlite3_create_function_v2(db, "hw_merge_item_graphs", 1, flags, NULL, NULL, merge_step, list_final, NULL);
  for (int n_arguments = 1; rc == SQLITE_OK && n_arguments <= 2; n_arguments++)
    rc = sqlite3_create_function_v2(db, "hw_graph_list", n_arguments, flags, NULL, NULL, collect_step, list_final, NULL);
  return rc;
}
