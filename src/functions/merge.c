/* SPDX-License-Identifier: Apache-2.0
 * hw_merge_item_graphs(graphs): an aggregate over the column item_graph.graphs that makes one list of several, for hw_item_graphs(): each graph
 * once, with its largest importance. Of the items of a head these are the graphs where it is active, with the importance of its strongest
 * edge there. */
#include <stdlib.h>

#include "functions/functions.h"

typedef struct merged {
  hw_arena arena;
  bool ready;
  hw_item_graph *list, *spare; /* [capacity] */
  size_t n, capacity;
} merged;

static bool merged_reserve(merged *m, size_t n) {
  if (n <= m->capacity) return true;
  size_t capacity = m->capacity ? m->capacity : 256;
  while (capacity < n) capacity *= 2;
  hw_item_graph *list = realloc(m->list, capacity * sizeof *list);
  if (list) m->list = list;
  hw_item_graph *spare = realloc(m->spare, capacity * sizeof *spare);
  if (spare) m->spare = spare;
  if (list && spare) m->capacity = capacity;
  return list && spare;
}

static void merge(merged *m, const hw_item_graph *with, size_t n) {
  size_t out = 0, i = 0, k = 0;
  while (i < m->n || k < n) {
    bool both = i < m->n && k < n && m->list[i].graph_id == with[k].graph_id;
    bool first = k == n || (i < m->n && m->list[i].graph_id < with[k].graph_id);
    hw_item_graph next = first ? m->list[i] : with[k];
    if (both && m->list[i].importance > next.importance) next = m->list[i];
    i += both || first;
    k += both || !first;
    m->spare[out++] = next;
  }
  hw_item_graph *list = m->spare;
  m->spare = m->list;
  m->list = list;
  m->n = out;
}

static void merge_step(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  merged *m = sqlite3_aggregate_context(context, sizeof *m);
  if (!m) {
    sqlite3_result_error_nomem(context);
    return;
  }
  if (!m->ready) hw_arena_init(&m->arena);
  m->ready = true;
  if (sqlite3_value_type(argv[0]) == SQLITE_NULL) return;
  hw_item_graph *with;
  size_t n;
  hw_error err = {0};
  hw_arena_reset(&m->arena);
  if (sqlite3_value_type(argv[0]) != SQLITE_BLOB ||
      !hw_decode_item_graphs(sqlite3_value_blob(argv[0]), (size_t)sqlite3_value_bytes(argv[0]), &m->arena, &with, &n, &err)) {
    char *message = sqlite3_mprintf("hw_merge_item_graphs: %s", err.kind ? err.message : "wants the column graphs");
    sqlite3_result_error(context, message ? message : "out of memory", -1);
    if (err.kind) sqlite3_result_error_code(context, HW_DAMAGED_BYTES);
    sqlite3_free(message);
  } else if (!merged_reserve(m, m->n + n)) {
    sqlite3_result_error_nomem(context);
  } else {
    merge(m, with, n);
  }
}

static void merge_final(sqlite3_context *context) {
  merged *m = sqlite3_aggregate_context(context, 0);
  hw_buffer out;
  hw_buffer_init(&out);
  if (m) hw_encode_item_graphs(&out, m->list, m->n);
  if (out.failed) sqlite3_result_error_nomem(context);
  else sqlite3_result_blob64(context, out.data ? out.data : "", out.length, SQLITE_TRANSIENT);
  hw_buffer_fini(&out);
  if (!m) return;
  if (m->ready) hw_arena_fini(&m->arena);
  free(m->list);
  free(m->spare);
  *m = (merged){0};
}

int hw_register_merge(sqlite3 *db) {
  return sqlite3_create_function_v2(db, "hw_merge_item_graphs", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, NULL, merge_step,
                                    merge_final, NULL);
}
