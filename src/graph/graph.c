/* SPDX-License-Identifier: Apache-2.0 */
#include "headwater/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const hw_part_kind_names[4] = {"attention", "attention_residual", "ffn", "ffn_residual"};
const char *const hw_component_kind_names[6] = {"head", "attention", "ffn", "resid_mid", "resid_post", "neuron"};
const char *const hw_convention_names[2] = {"alone", "frozen"};

uint32_t hw_micro(double share) { return share > 0 ? (uint32_t)llround(share * HW_MICRO) : 0; }

bool hw_part_in_ffn_rows(const hw_part *part) { return part->kind == HW_PART_FFN || part->kind == HW_PART_FFN_RESIDUAL; }
bool hw_part_is_residual(const hw_part *part) { return part->kind == HW_PART_ATTENTION_RESIDUAL || part->kind == HW_PART_FFN_RESIDUAL; }

bool hw_part_is_kept(const hw_part *part, double threshold) { return part->importance / HW_MICRO > threshold; }

bool hw_part_beats(const hw_part *a, const hw_part *b) {
  if (a->importance != b->importance) return a->importance > b->importance;
  if (hw_part_is_residual(a) != hw_part_is_residual(b)) return hw_part_is_residual(a);
  if (a->source != b->source) return a->source < b->source;
  return a->head < b->head;
}

int hw_part_compare(const hw_part *a, const hw_part *b) {
  if (a->layer != b->layer) return a->layer > b->layer ? -1 : 1;
  if (hw_part_in_ffn_rows(a) != hw_part_in_ffn_rows(b)) return hw_part_in_ffn_rows(a) ? -1 : 1;
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

/* Rows [first, end) of one kind at one position of a layer. */
typedef struct row_range {
  size_t first, end;
} row_range;

enum { N_KINDS = HW_PART_FFN_RESIDUAL + 1 };

/* The walk: flows of the residual states of one layer, and where the rows are read and the edges written. */
typedef struct walk {
  const hw_graph_frame *frame;
  const hw_part *parts;
  size_t n_parts, next; /* next row to read */
  double threshold;
  hw_graph *graph;
  double *flow[HW_N_STATES];  /* [n_tokens] of each state of the layer */
  bool *reached[HW_N_STATES]; /* the same */
  row_range *rows[N_KINDS];   /* [n_tokens] of the layer */
  uint64_t *head_sum;   /* [head_slots] shares of the node at work */
  hw_head_row *head_best; /* [n_layers][head_slots] */
  bool *head_active;
  size_t head_slots;
} walk;

/* Finds the rows of a layer: those of one kind and position are together. */
static void index_layer(walk *w, uint32_t layer) {
  for (int kind = 0; kind < N_KINDS; kind++) memset(w->rows[kind], 0, w->frame->n_tokens * sizeof *w->rows[kind]);
  for (; w->next < w->n_parts && w->parts[w->next].layer == layer; w->next++) {
    row_range *range = &w->rows[w->parts[w->next].kind][w->parts[w->next].target];
    if (range->end == 0) range->first = w->next;
    range->end = w->next + 1;
  }
}

/* Appends the kept parts of a node at a position as edges with weight and flow. False when the node has no rows. */
static bool keep_parts(walk *w, const hw_layer_node *node, uint32_t position) {
  uint64_t sum = 0;
  size_t n_kept = 0;
  const hw_part *largest = NULL;
  for (size_t k = 0; k < node->n_parts; k++) {
    row_range range = w->rows[node->parts[k]][position];
    for (size_t i = range.first; i < range.end; i++) {
      const hw_part *part = &w->parts[i];
      if (hw_part_is_kept(part, w->threshold)) {
        sum += part->importance;
        n_kept++;
      }
      if (!largest || hw_part_beats(part, largest)) largest = part;
    }
  }
  double flow = w->flow[node->whole][position];
  for (size_t k = 0; k < node->n_parts; k++) {
    row_range range = w->rows[node->parts[k]][position];
    for (size_t i = range.first; i < range.end; i++) {
      const hw_part *part = &w->parts[i];
      if (n_kept ? !hw_part_is_kept(part, w->threshold) : part != largest) continue;
      double weight = n_kept ? (double)part->importance / (double)sum : 1.0;
      w->graph->edges[w->graph->n_edges++] = (hw_edge){.part = *part, .weight = weight, .flow = flow * weight};
    }
  }
  return largest != NULL;
}

/* Passes the flow of a node's edges on, and counts it for its FFN and its heads. */
static void pass_flow(walk *w, const hw_layer_node *node, uint16_t layer, uint32_t position, size_t first_edge) {
  hw_head_row *best = w->head_best + (size_t)layer * w->head_slots;
  bool *active = w->head_active + (size_t)layer * w->head_slots;
  for (size_t e = first_edge; e < w->graph->n_edges; e++) {
    const hw_edge *edge = &w->graph->edges[e];
    const hw_part *part = &edge->part;
    if (part->kind == HW_PART_FFN) {
      w->graph->ffn_nodes[w->graph->n_ffn_nodes++] = (hw_ffn_node){.layer = layer, .position = position, .flow = edge->flow};
    } else if (part->kind == HW_PART_ATTENTION) {
      w->head_sum[part->head] += part->importance;
      best[part->head].flow += edge->flow;
      active[part->head] = true;
    }
    w->flow[node->below][part->source] += edge->flow;
    w->reached[node->below][part->source] = true;
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

static bool walk_layer(walk *w, uint32_t layer, hw_error *err) {
  const hw_layer_nodes *nodes = hw_graph_layer_nodes(w->frame);
  index_layer(w, layer);
  for (size_t n = 0; n < nodes->n; n++) {
    const hw_layer_node *node = &nodes->nodes[n];
    for (uint32_t at = 0; at < w->frame->n_tokens; at++) {
      size_t first_edge = w->graph->n_edges;
      if (!w->reached[node->whole][at]) continue;
      if (!keep_parts(w, node, at))
        return hw_fail(err, HW_ERROR_INPUT, "graph rows: the reached %s node of layer %u at position %u has no rows", node->name, layer, at);
      pass_flow(w, node, (uint16_t)layer, at, first_edge);
    }
  }
  return true;
}

/* The state before a layer is the one after the layer below it. */
static void descend(walk *w) {
  double *flow = w->flow[HW_STATE_POST];
  bool *reached = w->reached[HW_STATE_POST];
  w->flow[HW_STATE_POST] = w->flow[HW_STATE_PRE];
  w->reached[HW_STATE_POST] = w->reached[HW_STATE_PRE];
  w->flow[HW_STATE_PRE] = flow;
  w->reached[HW_STATE_PRE] = reached;
  for (int state = HW_STATE_MID; state <= HW_STATE_PRE; state++) {
    memset(w->flow[state], 0, w->frame->n_tokens * sizeof *w->flow[state]);
    memset(w->reached[state], 0, w->frame->n_tokens * sizeof *w->reached[state]);
  }
}

static bool check_rows(const hw_graph_frame *frame, const hw_part *parts, size_t n_parts, hw_error *err) {
  if (frame->n_tokens == 0 || frame->target >= frame->n_tokens)
    return hw_fail(err, HW_ERROR_INPUT, "graph: target %u is outside of %u tokens", frame->target, frame->n_tokens);
  for (size_t i = 0; i < n_parts; i++) {
    const hw_part *part = &parts[i];
    bool attention = part->kind == HW_PART_ATTENTION;
    if (part->kind > HW_PART_FFN_RESIDUAL || part->layer >= frame->n_layers || part->target > frame->target ||
        part->source > part->target || (!attention && part->source != part->target) ||
        (part->head == HW_NO_HEAD) == attention || part->importance > HW_MICRO || !hw_graph_node_of(frame, part->kind))
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
  for (int state = 0; state < HW_N_STATES; state++) {
    if (!(w->flow[state] = hw_arena_znew(arena, double, n_tokens, err))) return false;
    if (!(w->reached[state] = hw_arena_znew(arena, bool, n_tokens, err))) return false;
  }
  for (int kind = 0; kind < N_KINDS; kind++)
    if (!(w->rows[kind] = hw_arena_new(arena, row_range, n_tokens, err))) return false;
  size_t slots;
  if (!hw_size_product(n_layers, w->head_slots, &slots)) return hw_fail_memory(err, "the heads of a graph");
  w->head_sum = hw_arena_znew(arena, uint64_t, w->head_slots, err);
  w->head_best = hw_arena_znew(arena, hw_head_row, slots, err);
  w->head_active = hw_arena_znew(arena, bool, slots, err);
  w->graph->edges = hw_arena_new(arena, hw_edge, w->n_parts, err);
  w->graph->ffn_nodes = hw_arena_new(arena, hw_ffn_node, w->n_parts, err);
  return w->head_sum && w->head_best && w->head_active && w->graph->edges && w->graph->ffn_nodes;
}

size_t hw_graph_replay_bytes(size_t n_layers, size_t n_heads, size_t n_tokens, size_t n_parts) {
  return n_tokens * (HW_N_STATES * (sizeof(double) + sizeof(bool)) + N_KINDS * sizeof(row_range)) +
         n_heads * (sizeof(uint64_t) + n_layers * (sizeof(hw_head_row) + sizeof(bool))) + n_parts * (sizeof(hw_edge) + sizeof(hw_ffn_node)) +
         (2 * HW_N_STATES + N_KINDS + 5) * (size_t)HW_ARENA_OVERHEAD;
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

/* Copies what the walk wrote in its work space, of which the graph fills a part. */
static bool keep_graph(walk *w, hw_arena *arena, hw_error *err) {
  hw_graph *graph = w->graph, kept = *graph;
  size_t n_tokens = w->frame->n_tokens;
  kept.edges = hw_arena_new(arena, hw_edge, graph->n_edges, err);
  kept.ffn_nodes = hw_arena_new(arena, hw_ffn_node, graph->n_ffn_nodes, err);
  kept.token_flow = hw_arena_new(arena, double, n_tokens, err);
  if (!kept.edges || !kept.ffn_nodes || !kept.token_flow) return false;
  memcpy(kept.edges, graph->edges, graph->n_edges * sizeof *kept.edges);
  memcpy(kept.ffn_nodes, graph->ffn_nodes, graph->n_ffn_nodes * sizeof *kept.ffn_nodes);
  memcpy(kept.token_flow, w->flow[HW_STATE_POST], n_tokens * sizeof *kept.token_flow);
  *graph = kept;
  return collect_heads(w, arena, err);
}

bool hw_graph_replay(const hw_graph_frame *frame, const hw_part *parts, size_t n_parts, double threshold, hw_arena *arena,
                     hw_arena *scratch, hw_graph *graph, hw_error *err) {
  *graph = (hw_graph){0};
  if (!check_rows(frame, parts, n_parts, err)) return false;
  walk w = {.frame = frame, .parts = parts, .n_parts = n_parts, .threshold = threshold, .graph = graph};
  if (!start_walk(&w, scratch, err)) return false;
  w.flow[HW_STATE_POST][frame->target] = 1.0;
  w.reached[HW_STATE_POST][frame->target] = true;
  for (uint32_t layer = frame->n_layers; layer-- > 0;) {
    if (!walk_layer(&w, layer, err)) return false;
    descend(&w);
  }
  return keep_graph(&w, arena, err);
}
