/* SPDX-License-Identifier: Apache-2.0
 * Which projections belong to a graph. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
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

static int compare_parts(const void *a, const void *b) { return hw_part_compare(a, b); }

static int compare_thresholds(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* The search for the heads of all graphs at thresholds from the lowest on. A graph has no edges that one of a lower threshold lacks, so
 * the rows are the edges of the lowest, and it can change only at the importance of an edge. */
typedef struct head_search {
  const hw_graph_frame *frame;
  hw_part *parts; /* in order of hw_part_compare */
  size_t n_parts;
  uint32_t *steps; /* [n_steps] importances of the edges, ascending */
  size_t n_steps;
  bool all;
  hw_arena graph; /* one at a time */
  head_list found;
  hw_error *err;
} head_search;

typedef struct projected { /* the heads that one graph projects, the most important first */
  hw_head_row *rows;
  size_t n;
} projected;

/* Replays a graph and adds its projected heads to those that were found. heads->rows is for the caller to free. */
static bool replay_heads(head_search *s, const hw_part *parts, size_t n_parts, double threshold, hw_graph *graph, projected *heads) {
  *heads = (projected){0};
  hw_arena_reset(&s->graph);
  if (!hw_graph_replay(s->frame, parts, n_parts, threshold, &s->graph, &s->graph, graph, s->err)) return false;
  if (graph->n_heads) qsort(graph->heads, graph->n_heads, sizeof *graph->heads, compare_importance);
  heads->n = !s->all && graph->n_heads > HW_PROJECTED_HEADS ? HW_PROJECTED_HEADS : graph->n_heads;
  heads->rows = malloc((heads->n + 1) * sizeof *heads->rows);
  if (!heads->rows) return hw_fail_memory(s->err, "the heads of a graph");
  if (heads->n) memcpy(heads->rows, graph->heads, heads->n * sizeof *heads->rows);
  for (size_t i = 0; i < heads->n; i++) {
    if (listed(&s->found, &heads->rows[i])) continue;
    if (!hw_list_reserve(s->found.rows, s->found.n, 1, s->found.capacity, NULL, s->err)) return false;
    s->found.rows[s->found.n++] = heads->rows[i];
  }
  return true;
}

static bool same_heads(const projected *a, const projected *b) {
  if (a->n != b->n) return false;
  for (size_t i = 0; i < a->n; i++) {
    const hw_head_row *x = &a->rows[i], *y = &b->rows[i];
    if (x->layer != y->layer || x->head != y->head || x->best_position != y->best_position || x->importance != y->importance) return false;
  }
  return true;
}

/* Steps between low and high, whose heads are given. A head's importance only falls as the threshold rises: heads that are the same at
 * both ends are the same in between. */
static bool search_between(head_search *s, size_t low, const projected *at_low, size_t high, const projected *at_high) {
  if (high - low < 2 || same_heads(at_low, at_high)) return true;
  size_t middle = low + (high - low) / 2;
  hw_graph graph;
  projected heads;
  bool ok = replay_heads(s, s->parts, s->n_parts, s->steps[middle] / HW_MICRO, &graph, &heads) &&
            search_between(s, low, at_low, middle, &heads) && search_between(s, middle, &heads, high, at_high);
  free(heads.rows);
  return ok;
}

/* Takes the edges of the lowest graph as the rows, and the thresholds at which a higher one can differ. */
static bool take_edges(head_search *s, const hw_graph *graph, double lowest) {
  s->n_parts = graph->n_edges;
  s->parts = malloc((s->n_parts + 1) * sizeof *s->parts);
  s->steps = malloc((s->n_parts + 1) * sizeof *s->steps);
  if (!s->parts || !s->steps) return hw_fail_memory(s->err, "the edges of a graph");
  for (size_t i = 0; i < s->n_parts; i++) {
    s->parts[i] = graph->edges[i].part;
    if (hw_part_is_kept(&s->parts[i], lowest)) s->steps[s->n_steps++] = s->parts[i].importance;
  }
  qsort(s->parts, s->n_parts, sizeof *s->parts, compare_parts);
  qsort(s->steps, s->n_steps, sizeof *s->steps, compare_thresholds);
  return true;
}

static bool search_heads(head_search *s, const hw_part *parts, size_t n_parts, double lowest) {
  hw_graph graph;
  projected first, last = {0}, next = {0};
  bool ok = replay_heads(s, parts, n_parts, lowest, &graph, &first) && take_edges(s, &graph, lowest);
  if (ok && s->n_steps) {
    size_t end = s->n_steps - 1;
    ok = replay_heads(s, s->parts, s->n_parts, s->steps[0] / HW_MICRO, &graph, &next) &&
         replay_heads(s, s->parts, s->n_parts, s->steps[end] / HW_MICRO, &graph, &last) && search_between(s, 0, &next, end, &last);
  }
  free(first.rows);
  free(next.rows);
  free(last.rows);
  return ok;
}

bool hw_graph_projected_heads(const hw_graph_frame *frame, const hw_part *parts, size_t n_parts, double lowest, bool all, hw_arena *arena,
                              hw_head_row **heads, size_t *n, hw_error *err) {
  head_search s = {.frame = frame, .all = all, .err = err};
  hw_arena_init_inner(&s.graph, arena);
  bool ok = search_heads(&s, parts, n_parts, lowest) && (*heads = hw_arena_new(arena, hw_head_row, s.found.n, err)) != NULL;
  if (ok && s.found.n) memcpy(*heads, s.found.rows, s.found.n * sizeof *s.found.rows);
  *n = s.found.n;
  free(s.found.rows);
  free(s.parts);
  free(s.steps);
  hw_arena_fini_inner(&s.graph, arena);
  return ok;
}
