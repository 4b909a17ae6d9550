/* SPDX-License-Identifier: Apache-2.0 */
#include "headwater/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const hw_part_kind_names[4] = {"attention", "attention_residual", "ffn", "ffn_residual"};
const char *const hw_component_kind_names[6] = {"head", "attention", "ffn", "resid_mid", "resid_post", "neuron"};
const char *const hw_convention_names[2] = {"alone", "frozen"};

uint32_t hw_micro(double share) { return share > 0 ? (uint32_t)llround(share * HW_MICRO) : 0; }

bool hw_part_in_ffn_node(const hw_part *part) { return part->kind == HW_PART_FFN || part->kind == HW_PART_FFN_RESIDUAL; }
bool hw_part_is_residual(const hw_part *part) { return part->kind == HW_PART_ATTENTION_RESIDUAL || part->kind == HW_PART_FFN_RESIDUAL; }

bool hw_part_same_node(const hw_part *a, const hw_part *b, bool parallel) {
  return a->layer == b->layer && a->target == b->target && (parallel || hw_part_in_ffn_node(a) == hw_part_in_ffn_node(b));
}

bool hw_part_is_kept(const hw_part *part, double threshold) { return part->importance / HW_MICRO > threshold; }

bool hw_part_beats(const hw_part *a, const hw_part *b) {
  if (a->importance != b->importance) return a->importance > b->importance;
  if (hw_part_is_residual(a) != hw_part_is_residual(b)) return hw_part_is_residual(a);
  if (a->source != b->source) return a->source < b->source;
  return a->head < b->head;
}

int hw_part_compare(const hw_part *a, const hw_part *b) {
  if (a->layer != b->layer) return a->layer > b->layer ? -1 : 1;
  if (hw_part_in_ffn_node(a) != hw_part_in_ffn_node(b)) return hw_part_in_ffn_node(a) ? -1 : 1;
  if (a->target != b->target) return a->target < b->target ? -1 : 1;
  if (hw_part_is_residual(a) != hw_part_is_residual(b)) return hw_part_is_residual(a) ? 1 : -1;
  if (a->source != b->source) return a->source < b->source ? -1 : 1;
  if (a->head != b->head) return a->head < b->head ? -1 : 1;
  return 0;
}

static int compare_ffn_nodes(const void *a, const void *b) {
  const hw_ffn_node *x = a, *y = b;
  if (x->layer != y->layer) return x->layer > y->layer ? -1 : 1;
  return (x->position > y->position) - (x->position < y->position);
}

const hw_ffn_node *hw_graph_ffn_node(const hw_graph *graph, uint32_t layer, uint32_t position) {
  hw_ffn_node key = {.layer = (uint16_t)layer, .position = position};
  return graph->n_ffn_nodes ? bsearch(&key, graph->ffn_nodes, graph->n_ffn_nodes, sizeof key, compare_ffn_nodes) : NULL;
}

static int compare_heads(const void *a, const void *b) {
  const hw_head_row *x = a, *y = b;
  if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
  return (x->head > y->head) - (x->head < y->head);
}

const hw_head_row *hw_graph_head(const hw_graph *graph, uint32_t layer, uint32_t head) {
  hw_head_row key = {.layer = (uint16_t)layer, .head = (uint16_t)head};
  return graph->n_heads ? bsearch(&key, graph->heads, graph->n_heads, sizeof key, compare_heads) : NULL;
}

/* The walk: flows of the residual nodes of one layer, and where the rows are read and the edges written. */
typedef struct walk {
  const hw_graph_frame *frame;
  const hw_part *parts;
  size_t n_parts, next; /* next row to read */
  double threshold;
  hw_graph *graph;
  double *above, *middle, *below; /* [n_tokens] flow at I{l}, A{l}, I{l-1} */
  bool *above_reached, *middle_reached, *below_reached;
  uint64_t *head_sum;   /* [head_slots] shares of the node at work */
  hw_head_row *head_best; /* [n_layers][head_slots] */
  bool *head_active;
  size_t head_slots;
} walk;

/* Rows [first, end) of the node that starts at `next`: same layer, same kind of node, same target. */
static size_t node_end(const walk *w, size_t first) {
  size_t end = first + 1;
  while (end < w->n_parts && hw_part_same_node(&w->parts[end], &w->parts[first], false)) end++;
  return end;
}

/* Keeps the survivors of the rows given by index and appends them as edges with weight and flow. */
static void keep_survivors(walk *w, const size_t *rows, size_t n_rows, double flow) {
  uint64_t sum = 0;
  size_t largest = rows[0], n_kept = 0;
  for (size_t i = 0; i < n_rows; i++) {
    const hw_part *part = &w->parts[rows[i]];
    if (hw_part_is_kept(part, w->threshold)) {
      sum += part->importance;
      n_kept++;
    }
    if (hw_part_beats(part, &w->parts[largest])) largest = rows[i];
  }
  for (size_t i = 0; i < n_rows; i++) {
    const hw_part *part = &w->parts[rows[i]];
    if (n_kept ? !hw_part_is_kept(part, w->threshold) : rows[i] != largest) continue;
    double weight = n_kept ? (double)part->importance / (double)sum : 1.0;
    w->graph->edges[w->graph->n_edges++] = (hw_edge){.part = *part, .weight = weight, .flow = flow * weight};
  }
}

static void pass_ffn_edges(walk *w, size_t first_edge) {
  for (size_t e = first_edge; e < w->graph->n_edges; e++) {
    const hw_edge *edge = &w->graph->edges[e];
    uint32_t at = edge->part.target;
    if (edge->part.kind == HW_PART_FFN)
      w->graph->ffn_nodes[w->graph->n_ffn_nodes++] =
          (hw_ffn_node){.layer = edge->part.layer, .position = at, .flow = edge->flow};
    w->middle[at] += edge->flow;
    w->middle_reached[at] = true;
  }
}

static void pass_attention_edges(walk *w, size_t first_edge) {
  uint16_t layer = w->graph->edges[first_edge].part.layer;
  uint32_t position = w->graph->edges[first_edge].part.target;
  hw_head_row *best = w->head_best + (size_t)layer * w->head_slots;
  bool *active = w->head_active + (size_t)layer * w->head_slots;
  for (size_t e = first_edge; e < w->graph->n_edges; e++) {
    const hw_edge *edge = &w->graph->edges[e];
    const hw_part *part = &edge->part;
    if (part->kind == HW_PART_FFN) { /* a parallel block: M passes on to I{l-1} */
      w->graph->ffn_nodes[w->graph->n_ffn_nodes++] = (hw_ffn_node){.layer = layer, .position = position, .flow = edge->flow};
    } else if (part->kind == HW_PART_ATTENTION) {
      w->head_sum[part->head] += part->importance;
      best[part->head].flow += edge->flow;
      active[part->head] = true;
    }
    w->below[part->source] += edge->flow;
    w->below_reached[part->source] = true;
  }
  for (size_t e = first_edge; e < w->graph->n_edges; e++) {
    const hw_part *part = &w->graph->edges[e].part;
    if (part->kind != HW_PART_ATTENTION || !w->head_sum[part->head]) continue;
    if (w->head_sum[part->head] > best[part->head].importance) {
      best[part->head].importance = (uint32_t)w->head_sum[part->head];
      best[part->head].best_position = position;
    }
    w->head_sum[part->head] = 0;
  }
}

static bool missing_node(hw_error *err, const char *kind, uint32_t layer, uint32_t position) {
  return hw_fail(err, HW_ERROR_INPUT, "graph rows: the reached %s node of layer %u at position %u has no rows", kind, layer,
                 position);
}

/* FFN nodes of one layer. In a parallel block their rows only get noted, for the attention node to take in. */
static bool walk_ffn(walk *w, uint32_t layer, size_t *ffn_row, size_t *rows, hw_error *err) {
  uint32_t n_tokens = w->frame->n_tokens;
  for (uint32_t i = 0; i < n_tokens; i++) ffn_row[i] = SIZE_MAX;
  uint32_t expected = 0; /* first position whose node was not met yet */
  while (w->next < w->n_parts && w->parts[w->next].layer == layer && hw_part_in_ffn_node(&w->parts[w->next])) {
    size_t first = w->next, end = node_end(w, first);
    uint32_t at = w->parts[first].target;
    w->next = end;
    if (w->frame->parallel) {
      ffn_row[at] = first;
      continue;
    }
    for (; expected < at; expected++)
      if (w->above_reached[expected]) return missing_node(err, "FFN", layer, expected);
    expected = at + 1;
    if (!w->above_reached[at]) continue;
    size_t n_rows = 0, first_edge = w->graph->n_edges;
    for (size_t r = first; r < end; r++) rows[n_rows++] = r;
    keep_survivors(w, rows, n_rows, w->above[at]);
    pass_ffn_edges(w, first_edge);
  }
  if (w->frame->parallel) {
    memcpy(w->middle, w->above, n_tokens * sizeof *w->middle);
    memcpy(w->middle_reached, w->above_reached, n_tokens * sizeof *w->middle_reached);
    return true;
  }
  for (; expected < n_tokens; expected++)
    if (w->above_reached[expected]) return missing_node(err, "FFN", layer, expected);
  return true;
}

/* One attention node: its own rows [first, end) and, in a parallel block, the FFN's, which may be all it has. */
static void walk_attention_node(walk *w, size_t first, size_t end, size_t ffn_row, size_t *rows, double flow) {
  size_t n_rows = 0, first_edge = w->graph->n_edges;
  for (size_t r = first; r < end; r++) rows[n_rows++] = r;
  if (ffn_row != SIZE_MAX) { /* stands before the residual */
    size_t place = n_rows && hw_part_is_residual(&w->parts[rows[n_rows - 1]]) ? n_rows - 1 : n_rows;
    memmove(rows + place + 1, rows + place, (n_rows - place) * sizeof *rows);
    rows[place] = ffn_row;
    n_rows++;
  }
  keep_survivors(w, rows, n_rows, flow);
  pass_attention_edges(w, first_edge);
}

static bool walk_attention(walk *w, uint32_t layer, const size_t *ffn_row, size_t *rows, hw_error *err) {
  for (uint32_t at = 0; at < w->frame->n_tokens; at++) {
    size_t first = w->next;
    if (first < w->n_parts && w->parts[first].layer == layer && w->parts[first].target == at) w->next = node_end(w, first);
    if (!w->middle_reached[at]) continue;
    if (w->next == first && ffn_row[at] == SIZE_MAX) return missing_node(err, "attention", layer, at);
    walk_attention_node(w, first, w->next, ffn_row[at], rows, w->middle[at]);
  }
  return true;
}

static bool check_rows(const hw_graph_frame *frame, const hw_part *parts, size_t n_parts, hw_error *err) {
  if (frame->n_tokens == 0 || frame->target >= frame->n_tokens)
    return hw_fail(err, HW_ERROR_INPUT, "graph: target %u is outside of %u tokens", frame->target, frame->n_tokens);
  for (size_t i = 0; i < n_parts; i++) {
    const hw_part *part = &parts[i];
    bool attention = part->kind == HW_PART_ATTENTION;
    if (part->kind > HW_PART_FFN_RESIDUAL || part->layer >= frame->n_layers || part->target > frame->target ||
        part->source > part->target || (!attention && part->source != part->target) ||
        (part->head == HW_NO_HEAD) == attention || part->importance > HW_MICRO)
      return hw_fail(err, HW_ERROR_INPUT, "graph rows: row %zu is out of range", i);
    if (i && hw_part_compare(part - 1, part) >= 0)
      return hw_fail(err, HW_ERROR_INPUT, "graph rows: row %zu is not in order", i);
  }
  return true;
}

static bool start_walk(walk *w, hw_arena *arena, hw_error *err) {
  size_t n_tokens = w->frame->n_tokens, n_layers = w->frame->n_layers;
  for (size_t i = 0; i < w->n_parts; i++)
    if (w->parts[i].kind == HW_PART_ATTENTION && w->parts[i].head >= w->head_slots) w->head_slots = w->parts[i].head + (size_t)1;
  double **flows[] = {&w->above, &w->middle, &w->below};
  bool **reached[] = {&w->above_reached, &w->middle_reached, &w->below_reached};
  for (int i = 0; i < 3; i++) {
    if (!(*flows[i] = hw_arena_znew(arena, double, n_tokens, err))) return false;
    if (!(*reached[i] = hw_arena_znew(arena, bool, n_tokens, err))) return false;
  }
  size_t slots;
  if (!hw_size_product(n_layers, w->head_slots, &slots)) return hw_fail_memory(err, "the heads of a graph");
  w->head_sum = hw_arena_znew(arena, uint64_t, w->head_slots, err);
  w->head_best = hw_arena_znew(arena, hw_head_row, slots, err);
  w->head_active = hw_arena_znew(arena, bool, slots, err);
  w->graph->edges = hw_arena_new(arena, hw_edge, w->n_parts, err);
  w->graph->ffn_nodes = hw_arena_new(arena, hw_ffn_node, w->n_parts, err);
  return w->head_sum && w->head_best && w->head_active && w->graph->edges && w->graph->ffn_nodes;
}

static bool collect_heads(walk *w, hw_arena *arena, hw_error *err) {
  size_t slots = (size_t)w->frame->n_layers * w->head_slots, n_heads = 0;
  for (size_t i = 0; i < slots; i++) n_heads += w->head_active[i];
  w->graph->heads = hw_arena_new(arena, hw_head_row, n_heads, err);
  if (!w->graph->heads) return false;
  for (size_t i = 0; i < slots; i++) {
    if (!w->head_active[i]) continue;
    hw_head_row row = w->head_best[i];
    row.layer = (uint16_t)(i / w->head_slots);
    row.head = (uint16_t)(i % w->head_slots);
    w->graph->heads[w->graph->n_heads++] = row;
  }
  return true;
}

bool hw_graph_replay(const hw_graph_frame *frame, const hw_part *parts, size_t n_parts, double threshold, hw_arena *arena,
                     hw_graph *graph, hw_error *err) {
  *graph = (hw_graph){0};
  if (!check_rows(frame, parts, n_parts, err)) return false;
  walk w = {.frame = frame, .parts = parts, .n_parts = n_parts, .threshold = threshold, .graph = graph};
  if (!start_walk(&w, arena, err)) return false;
  size_t *ffn_row = hw_arena_new(arena, size_t, frame->n_tokens, err);
  size_t *rows = hw_arena_new(arena, size_t, n_parts + 1, err);
  if (!ffn_row || !rows) return false;
  w.above[frame->target] = 1.0;
  w.above_reached[frame->target] = true;
  for (uint32_t layer = frame->n_layers; layer-- > 0;) {
    if (!walk_ffn(&w, layer, ffn_row, rows, err)) return false;
    if (!walk_attention(&w, layer, ffn_row, rows, err)) return false;
    double *flow = w.above;
    bool *reached = w.above_reached;
    w.above = w.below;
    w.above_reached = w.below_reached;
    w.below = flow;
    w.below_reached = reached;
    memset(w.below, 0, frame->n_tokens * sizeof *w.below);
    memset(w.below_reached, 0, frame->n_tokens * sizeof *w.below_reached);
    memset(w.middle, 0, frame->n_tokens * sizeof *w.middle);
    memset(w.middle_reached, 0, frame->n_tokens * sizeof *w.middle_reached);
  }
  graph->token_flow = w.above;
  return collect_heads(&w, arena, err);
}
