/* SPDX-License-Identifier: Apache-2.0
 * Which projections belong to a graph. */
#include <stdlib.h>
#include <string.h>

#include "headwater/graph.h"

static bool projects_head(const hw_graph *graph, const hw_head_row *head, bool all) {
  size_t n_before = 0;
  for (size_t i = 0; i < graph->n_heads && !all; i++) {
    const hw_head_row *other = &graph->heads[i];
    n_before += other->importance > head->importance || (other->importance == head->importance && other < head);
  }
  return n_before < HW_PROJECTED_HEADS;
}

static bool is_of_node(const hw_projection *row, const hw_layer_node *node) {
  switch (row->kind) {
    case HW_COMPONENT_ATTENTION: return hw_layer_node_has(node, HW_PART_ATTENTION);
    case HW_COMPONENT_FFN: return hw_layer_node_has(node, HW_PART_FFN);
    case HW_COMPONENT_RESID_MID: return node->whole == HW_STATE_MID;
    default: return node->whole == HW_STATE_POST;
  }
}

/* A block or state, with `all`: its node is in the graph; an FFN also needs its edge, but at the target. */
static bool projects_block(const hw_graph *graph, const hw_graph_frame *frame, const hw_projection *row) {
  bool node = false, ffn_edge = false;
  for (size_t i = 0; i < graph->n_edges; i++) {
    const hw_part *part = &graph->edges[i].part;
    if (part->layer != row->layer || part->target != row->position) continue;
    node = node || is_of_node(row, hw_graph_node_of(frame, part->kind));
    ffn_edge = ffn_edge || part->kind == HW_PART_FFN;
  }
  return node && (row->kind != HW_COMPONENT_FFN || ffn_edge || row->position == frame->target);
}

void hw_graph_mark_projections(const hw_graph *graph, const hw_graph_frame *frame, bool all, hw_projection *rows, size_t n) {
  for (size_t i = 0; i < n; i++) {
    hw_projection *row = &rows[i];
    const hw_head_row *head = row->kind == HW_COMPONENT_HEAD ? hw_graph_head(graph, row->layer, row->index) : NULL;
    if (row->kind == HW_COMPONENT_HEAD)
      row->outside = !head || head->best_position != row->position || !projects_head(graph, head, all);
    else
      row->outside = all && !projects_block(graph, frame, row);
  }
}

typedef struct head_list {
  hw_head_row *rows;
  size_t n, capacity;
} head_list;

static bool listed(const head_list *list, const hw_head_row *head) {
  for (size_t i = 0; i < list->n; i++)
    if (list->rows[i].layer == head->layer && list->rows[i].head == head->head && list->rows[i].best_position == head->best_position)
      return true;
  return false;
}

static int compare_importance(const void *a, const void *b) {
  const hw_head_row *x = a, *y = b;
  if (x->importance != y->importance) return x->importance > y->importance ? -1 : 1;
  if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
  return (x->head > y->head) - (x->head < y->head);
}

/* Sorts the graph's heads by importance. */
static bool add_heads(head_list *list, hw_graph *graph, bool all, hw_error *err) {
  size_t n = !all && graph->n_heads > HW_PROJECTED_HEADS ? HW_PROJECTED_HEADS : graph->n_heads;
  if (graph->n_heads) qsort(graph->heads, graph->n_heads, sizeof *graph->heads, compare_importance);
  for (size_t i = 0; i < n; i++) {
    if (listed(list, &graph->heads[i])) continue;
    if (list->n == list->capacity) {
      size_t capacity = 2 * list->capacity + HW_PROJECTED_HEADS;
      hw_head_row *grown = realloc(list->rows, capacity * sizeof *grown);
      if (!grown) return hw_fail_memory(err, "the heads of a graph");
      list->rows = grown;
      list->capacity = capacity;
    }
    list->rows[list->n++] = graph->heads[i];
  }
  return true;
}

static int compare_parts(const void *a, const void *b) { return hw_part_compare(a, b); }

/* The graph of a higher threshold has no other edges than that of a lower one, so its edges are all the rows that the next replay needs.
 * The next threshold is the lowest at which the graph can differ: that of its weakest kept edge. */
static bool next_graph(const hw_graph *graph, double *threshold, hw_arena *arena, hw_part **parts, bool *more, hw_error *err) {
  uint32_t weakest = UINT32_MAX;
  *parts = hw_arena_new(arena, hw_part, graph->n_edges, err);
  if (!*parts) return false;
  for (size_t i = 0; i < graph->n_edges; i++) {
    const hw_part *part = &graph->edges[i].part;
    (*parts)[i] = *part;
    if (hw_part_is_kept(part, *threshold) && part->importance < weakest) weakest = part->importance;
  }
  if (graph->n_edges) qsort(*parts, graph->n_edges, sizeof **parts, compare_parts);
  *more = weakest != UINT32_MAX;
  *threshold = weakest / HW_MICRO;
  return true;
}

static bool list_heads(const hw_graph_frame *frame, const hw_part *parts, size_t n_parts, double threshold, bool higher, bool all,
                       head_list *list, hw_error *err) {
  hw_arena arenas[2]; /* of this graph, and of the rows that it was made from */
  bool ok = true, more = true;
  for (int i = 0; i < 2; i++) hw_arena_init(&arenas[i]);
  for (unsigned round = 0; ok && more; round ^= 1) {
    hw_graph graph;
    hw_part *edges;
    hw_arena_reset(&arenas[round]);
    ok = hw_graph_replay(frame, parts, n_parts, threshold, &arenas[round], &graph, err) && add_heads(list, &graph, all, err) &&
         next_graph(&graph, &threshold, &arenas[round], &edges, &more, err);
    if (!ok || !higher) break;
    parts = edges;
    n_parts = graph.n_edges;
  }
  for (int i = 0; i < 2; i++) hw_arena_fini(&arenas[i]);
  return ok;
}

bool hw_graph_projected_heads(const hw_graph_frame *frame, const hw_part *parts, size_t n_parts, double lowest, bool higher, bool all,
                              hw_arena *arena, hw_head_row **heads, size_t *n, hw_error *err) {
  head_list list = {0};
  bool ok = list_heads(frame, parts, n_parts, lowest, higher, all, &list, err) &&
            (*heads = hw_arena_new(arena, hw_head_row, list.n, err)) != NULL;
  if (ok && list.n) memcpy(*heads, list.rows, list.n * sizeof *list.rows);
  *n = list.n;
  free(list.rows);
  return ok;
}
