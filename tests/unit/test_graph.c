/* SPDX-License-Identifier: Apache-2.0
 * The replay of a graph from its rows: small graphs worked out by hand, then many random ones against a plain twin that
 * recurses over whole tables, and the sums that METHOD section 3 promises. */
#include "unit.h"

#include "headwater/graph.h"

static hw_arena arena;
static hw_error err;

static int setup(void **state) {
  (void)state;
  hw_arena_init(&arena);
  err = (hw_error){0};
  return 0;
}
static int teardown(void **state) {
  (void)state;
  hw_arena_fini(&arena);
  return 0;
}

#define ATT(l, t, s, h, share) ((hw_part){.importance = (share), .target = (t), .source = (s), .layer = (l), .head = (h), .kind = HW_PART_ATTENTION})
#define RES(l, t, share) ((hw_part){.importance = (share), .target = (t), .source = (t), .layer = (l), .head = HW_NO_HEAD, .kind = HW_PART_ATTENTION_RESIDUAL})
#define FFN(l, t, share) ((hw_part){.importance = (share), .target = (t), .source = (t), .layer = (l), .head = HW_NO_HEAD, .kind = HW_PART_FFN})
#define MID(l, t, share) ((hw_part){.importance = (share), .target = (t), .source = (t), .layer = (l), .head = HW_NO_HEAD, .kind = HW_PART_FFN_RESIDUAL})

static hw_graph replay(hw_graph_frame frame, const hw_part *parts, size_t n, double threshold) {
  hw_graph graph;
  assert_ok(hw_graph_replay(&frame, parts, n, threshold, &arena, &arena, &graph, &err), &err);
  return graph;
}

static void check_edge(const hw_graph *graph, size_t e, hw_part part, double weight, double flow) {
  assert_true(e < graph->n_edges);
  const hw_edge *edge = &graph->edges[e];
  if (hw_part_compare(&edge->part, &part) != 0 || edge->part.importance != part.importance || edge->part.kind != part.kind)
    fail_msg("edge %zu is %s layer %u %u->%u head %u", e, hw_part_kind_names[edge->part.kind], edge->part.layer, edge->part.source,
             edge->part.target, edge->part.head);
  assert_near(edge->weight, weight, 1e-15);
  assert_near(edge->flow, flow, 1e-15);
}

TEST(order_of_rows) {
  const hw_part sorted[] = {FFN(2, 1, 1), MID(2, 1, 1), FFN(2, 3, 1), MID(2, 3, 1), ATT(2, 0, 0, 0, 1), RES(2, 0, 1), ATT(2, 1, 0, 0, 1),
                            ATT(2, 1, 0, 2, 1), ATT(2, 1, 1, 0, 1), ATT(2, 1, 1, 1, 1), RES(2, 1, 1), MID(1, 0, 1), ATT(1, 0, 0, 7, 1),
                            FFN(0, 0, 1), RES(0, 0, 1)};
  for (size_t i = 0; i < COUNT_OF(sorted); i++)
    for (size_t j = 0; j < COUNT_OF(sorted); j++) {
      hw_part other = sorted[j];
      other.importance = 999; /* is no part of the order */
      int found = hw_part_compare(&sorted[i], &other);
      assert_int_equal((found > 0) - (found < 0), (i > j) - (i < j));
    }
}

TEST(importances_round_once) {
  assert_int_equal(hw_micro(0), 0);
  assert_int_equal(hw_micro(-0.5), 0);
  assert_int_equal(hw_micro(NAN), 0);
  assert_int_equal(hw_micro(1), 1000000);
  assert_int_equal(hw_micro(0.04), 40000);
  assert_int_equal(hw_micro(4.9e-7), 0);
  assert_int_equal(hw_micro(5.1e-7), 1);
  assert_int_equal(hw_micro(0.1234564), 123456);
  assert_int_equal(hw_micro(0.1234566), 123457);
}

/* Two layers, three tokens. At the top the FFN and the residual; A1_2 keeps two heads from 0 (one edge each), one from its own
 * position and the residual, which stay apart; below that each node has its own. */
TEST(a_graph_by_hand) {
  const hw_part parts[] = {
      FFN(1, 2, 300000),       MID(1, 2, 700000),                                                                /* I1_2 */
      ATT(1, 2, 0, 0, 200000), ATT(1, 2, 0, 1, 100000), ATT(1, 2, 1, 0, 40000), ATT(1, 2, 2, 1, 50000), RES(1, 2, 610000), /* A1_2 */
      FFN(0, 0, 20000),        MID(0, 0, 980000),                                                                /* I0_0 */
      FFN(0, 2, 500000),       MID(0, 2, 500000),                                                                /* I0_2 */
      ATT(0, 0, 0, 1, 250000), RES(0, 0, 750000),                                                                /* A0_0 */
      ATT(0, 2, 0, 1, 90000),  ATT(0, 2, 1, 1, 10000),  ATT(0, 2, 2, 1, 800000), RES(0, 2, 100000),              /* A0_2 */
  };
  hw_graph g = replay((hw_graph_frame){2, 3, 2, false}, parts, COUNT_OF(parts), 0.04);
  const double a = 0.96, from_0 = 0.3 / a, kept = 0.66 / a; /* 0.04 itself is not above the threshold */
  assert_int_equal(g.n_edges, 14);
  check_edge(&g, 0, parts[0], 0.3, 0.3);
  check_edge(&g, 1, parts[1], 0.7, 0.7);
  check_edge(&g, 2, parts[2], 0.2 / a, 0.2 / a);
  check_edge(&g, 3, parts[3], 0.1 / a, 0.1 / a);
  check_edge(&g, 4, parts[5], 0.05 / a, 0.05 / a);
  check_edge(&g, 5, parts[6], 0.61 / a, 0.61 / a);
  check_edge(&g, 6, parts[8], 1, from_0);
  check_edge(&g, 7, parts[9], 0.5, kept / 2);
  check_edge(&g, 8, parts[10], 0.5, kept / 2);
  check_edge(&g, 9, parts[11], 0.25, from_0 / 4);
  check_edge(&g, 10, parts[12], 0.75, from_0 * 0.75);
  check_edge(&g, 11, parts[13], 0.09 / 0.99, kept * 0.09 / 0.99);
  check_edge(&g, 12, parts[15], 0.8 / 0.99, kept * 0.8 / 0.99);
  check_edge(&g, 13, parts[16], 0.1 / 0.99, kept * 0.1 / 0.99);
  assert_near(g.token_flow[0], from_0 + kept * 0.09 / 0.99, 1e-15);
  assert_near(g.token_flow[1], 0, 0);
  assert_near(g.token_flow[2], kept * 0.9 / 0.99, 1e-15);

  assert_int_equal(g.n_ffn_nodes, 2); /* M0_0 fell out: it did not survive */
  assert_true(g.ffn_nodes[0].layer == 1 && g.ffn_nodes[0].position == 2);
  assert_near(g.ffn_nodes[0].flow, 0.3, 1e-15);
  assert_true(g.ffn_nodes[1].layer == 0 && g.ffn_nodes[1].position == 2);
  assert_near(g.ffn_nodes[1].flow, kept / 2, 1e-15);

  static const struct { unsigned layer, head, importance, best; } heads[] = {{0, 1, 890000, 2}, {1, 0, 200000, 2}, {1, 1, 150000, 2}};
  const double flows[] = {from_0 / 4 + kept * 0.89 / 0.99, 0.2 / a, 0.15 / a}; /* summed over nodes and sources */
  assert_int_equal(g.n_heads, 3);
  for (size_t h = 0; h < 3; h++) {
    assert_int_equal(g.heads[h].layer, heads[h].layer);
    assert_int_equal(g.heads[h].head, heads[h].head);
    assert_int_equal(g.heads[h].importance, heads[h].importance); /* the largest node's sum, not the sum of nodes */
    assert_int_equal(g.heads[h].best_position, heads[h].best);
    assert_near(g.heads[h].flow, flows[h], 1e-15);
  }
}

/* None above the threshold: the single largest, ties to the residual, then the lowest key, then the lowest head. */
TEST(fallback_and_its_ties) {
  hw_graph_frame frame = {1, 2, 1, false};
  hw_part parts[] = {FFN(0, 1, 500000), MID(0, 1, 500000), ATT(0, 1, 0, 0, 90000), ATT(0, 1, 0, 1, 90000), ATT(0, 1, 1, 0, 90000), RES(0, 1, 90000)};
  hw_graph g = replay(frame, parts, 6, 0.5); /* equal to it is not above it */
  assert_int_equal(g.n_edges, 2);
  check_edge(&g, 0, parts[1], 1, 1);
  check_edge(&g, 1, parts[5], 1, 1);
  assert_int_equal(g.n_ffn_nodes, 0);
  assert_int_equal(g.n_heads, 0);
  assert_near(g.token_flow[1], 1, 0);

  parts[5].importance = 89999; /* the residual is out: lowest key, lowest head */
  g = replay(frame, parts, 6, 0.5);
  check_edge(&g, 1, parts[2], 1, 1);
  assert_near(g.token_flow[0], 1, 0);
  assert_int_equal(g.n_heads, 1);
  assert_int_equal(g.heads[0].importance, 90000);

  parts[2].importance = 1; /* lower head of the same key out: the other head before the other key */
  g = replay(frame, parts, 6, 0.5);
  check_edge(&g, 1, parts[3], 1, 1);
  parts[3].importance = 1;
  g = replay(frame, parts, 6, 0.5);
  check_edge(&g, 1, parts[4], 1, 1);
  assert_near(g.token_flow[1], 1, 0);

  parts[0].importance = 500001; /* the FFN when it is the largest */
  g = replay(frame, parts, 6, 0.9);
  check_edge(&g, 0, parts[0], 1, 1);
  for (size_t i = 0; i < 6; i++) parts[i].importance = 0; /* all nothing: the residual */
  g = replay(frame, parts, 6, 0.04);
  check_edge(&g, 0, parts[1], 1, 1);
  check_edge(&g, 1, parts[5], 1, 1);
}

/* A fallback node does not keep what ties with it, and a survivor beside others does not fall back. */
TEST(one_survivor_takes_all) {
  const hw_part parts[] = {MID(0, 0, 1000000), ATT(0, 0, 0, 0, 40001), ATT(0, 0, 0, 1, 39999), RES(0, 0, 40000)};
  hw_graph g = replay((hw_graph_frame){1, 1, 0, false}, parts, 4, 0.04);
  assert_int_equal(g.n_edges, 2);
  check_edge(&g, 1, parts[1], 1, 1);
}

TEST(a_head_is_best_where_its_node_sum_is_largest) {
  /* A1_2 reaches 0, 1 and 2; below, head 3 has the same sum at 0 and 1 (the lowest wins) and less at 2. */
  hw_part parts[] = {MID(1, 2, 1000000),     ATT(1, 2, 0, 0, 300000), ATT(1, 2, 1, 0, 300000), RES(1, 2, 400000),      MID(0, 0, 1000000),
                     MID(0, 1, 1000000),     MID(0, 2, 1000000),      ATT(0, 0, 0, 3, 500000), RES(0, 0, 500000),      ATT(0, 1, 0, 3, 200000),
                     ATT(0, 1, 1, 3, 300000), RES(0, 1, 500000),      ATT(0, 2, 2, 3, 499999), RES(0, 2, 500001)};
  hw_graph g = replay((hw_graph_frame){2, 3, 2, false}, parts, COUNT_OF(parts), 0.04);
  assert_int_equal(g.n_heads, 2);
  assert_int_equal(g.heads[0].head, 3);
  assert_int_equal(g.heads[0].importance, 500000);
  assert_int_equal(g.heads[0].best_position, 0);
  assert_near(g.heads[0].flow, 0.3 * 0.5 + 0.3 * 0.5 + 0.4 * 0.499999, 1e-15);
  assert_int_equal(g.heads[1].importance, 600000);
  parts[10].importance = 300001;
  g = replay((hw_graph_frame){2, 3, 2, false}, parts, COUNT_OF(parts), 0.04);
  assert_int_equal(g.heads[0].importance, 500001);
  assert_int_equal(g.heads[0].best_position, 1);
  /* A part that does not survive does not count for its head's sum. */
  parts[9].importance = 40000;
  g = replay((hw_graph_frame){2, 3, 2, false}, parts, COUNT_OF(parts), 0.04);
  assert_int_equal(g.heads[0].importance, 500000);
}

/* A parallel block is one node: z, f and x, and M passes on to I{l-1} at its own position. */
TEST(a_parallel_block) {
  const hw_part parts[] = {FFN(1, 1, 500000), ATT(1, 1, 0, 0, 200000), ATT(1, 1, 1, 1, 30000), RES(1, 1, 270000),
                           FFN(0, 0, 10000),  FFN(0, 1, 100000),       ATT(0, 0, 0, 0, 400000), RES(0, 0, 590000),
                           ATT(0, 1, 0, 2, 400000), RES(0, 1, 500000)};
  hw_graph g = replay((hw_graph_frame){2, 2, 1, true}, parts, COUNT_OF(parts), 0.04);
  const double f = 0.5 / 0.97, z = 0.2 / 0.97, own = 0.77 / 0.97;
  assert_int_equal(g.n_edges, 8); /* in a node: attention, the FFN, the residual last */
  check_edge(&g, 0, parts[1], z, z);
  check_edge(&g, 1, parts[0], f, f);
  check_edge(&g, 2, parts[3], 0.27 / 0.97, 0.27 / 0.97);
  check_edge(&g, 3, parts[6], 0.4 / 0.99, z * 0.4 / 0.99);
  check_edge(&g, 4, parts[7], 0.59 / 0.99, z * 0.59 / 0.99);
  check_edge(&g, 5, parts[8], 0.4, own * 0.4);
  check_edge(&g, 6, parts[5], 0.1, own * 0.1);
  check_edge(&g, 7, parts[9], 0.5, own * 0.5);
  assert_int_equal(g.n_ffn_nodes, 2);
  assert_near(g.ffn_nodes[0].flow, f, 1e-15);
  assert_near(g.ffn_nodes[1].flow, own * 0.1, 1e-15);
  assert_true(g.ffn_nodes[1].layer == 0 && g.ffn_nodes[1].position == 1);
  assert_near(g.token_flow[0], z + own * 0.4, 1e-15);
  assert_near(g.token_flow[1], own * 0.6, 1e-15);
  /* Nothing above the threshold: one tie among all kinds goes to the residual. */
  const hw_part ties[] = {FFN(0, 0, 300000), ATT(0, 0, 0, 0, 300000), RES(0, 0, 300000)};
  g = replay((hw_graph_frame){1, 1, 0, true}, ties, 3, 0.5);
  assert_int_equal(g.n_edges, 1);
  check_edge(&g, 0, ties[2], 1, 1);
}

/* Only the FFN stands above the floor: its row is the node's. */
TEST(a_parallel_node_of_an_ffn_alone) {
  const hw_part parts[] = {FFN(0, 0, 980000)};
  hw_graph g = replay((hw_graph_frame){1, 1, 0, true}, parts, 1, 0.04);
  assert_int_equal(g.n_edges, 1);
  check_edge(&g, 0, parts[0], 1, 1);
  assert_int_equal(g.n_ffn_nodes, 1);
  assert_near(g.token_flow[0], 1, 0);
}

/* ---- Refusals ---- */

static void refuse(hw_graph_frame frame, const hw_part *parts, size_t n, const char *words) {
  hw_graph graph;
  err = (hw_error){0};
  assert_refused(hw_graph_replay(&frame, parts, n, 0.04, &arena, &arena, &graph, &err), &err, HW_ERROR_INPUT, words);
}

TEST(rows_that_are_no_graph) {
  const hw_graph_frame frame = {2, 3, 1, false};
  const hw_part good[] = {MID(1, 1, 900000), ATT(1, 1, 0, 0, 500000), RES(1, 1, 500000), MID(0, 0, 900000), MID(0, 1, 900000), RES(0, 0, 900000), RES(0, 1, 900000)};
  enum { N = COUNT_OF(good) };
  hw_part rows[N + 1];
  (void)replay(frame, good, N, 0.04);
  for (size_t i = 0; i + 1 < N; i++) { /* two neighbours changed over, or one twice */
    memcpy(rows, good, sizeof good);
    rows[i] = good[i + 1];
    rows[i + 1] = good[i];
    refuse(frame, rows, N, "not in order");
    rows[i] = good[i];
    rows[i + 1] = good[i];
    refuse(frame, rows, N, "not in order");
  }
#define BROKEN(i, field, value)           \
  do {                                    \
    memcpy(rows, good, sizeof good);      \
    rows[i].field = (value);              \
    refuse(frame, rows, N, "out of range"); \
  } while (0)
  BROKEN(0, layer, 2);
  BROKEN(0, kind, 4);
  BROKEN(0, importance, 1000001);
  BROKEN(0, head, 0);           /* a head where none belongs */
  BROKEN(1, head, HW_NO_HEAD);  /* none where one belongs */
  BROKEN(1, source, 2);         /* looks ahead */
  BROKEN(6, target, 2);         /* past the target of the walk */
  BROKEN(3, source, 1);         /* a residual from elsewhere */
  refuse((hw_graph_frame){2, 0, 0, false}, good, 0, "target 0 is outside of 0 tokens");
  refuse((hw_graph_frame){2, 3, 3, false}, good, N, "target 3 is outside of 3 tokens");
  refuse(frame, good, 0, "ffn node of layer 1 at position 1 has no rows");
  for (size_t left_out = 0; left_out < N; left_out++) { /* every node but A1_1 has one row */
    if (left_out == 1 || left_out == 2) continue;
    size_t n = 0;
    for (size_t i = 0; i < N; i++)
      if (i != left_out) rows[n++] = good[i];
    char words[96];
    (void)snprintf(words, sizeof words, "%s node of layer %u at position %u has no rows", left_out == 0 || left_out == 3 || left_out == 4 ? "ffn" : "attention",
                   good[left_out].layer, good[left_out].target);
    refuse(frame, rows, n, words);
  }
  rows[0] = good[0];
  memcpy(rows + 1, good + 3, (N - 3) * sizeof *rows);
  refuse(frame, rows, N - 2, "attention node of layer 1 at position 1 has no rows");
  /* Nodes that nobody reaches may be missing: source 0 does not survive. */
  const hw_part narrow[] = {MID(1, 1, 900000), ATT(1, 1, 0, 0, 40000), RES(1, 1, 500000), MID(0, 1, 900000), RES(0, 1, 900000)};
  (void)replay(frame, narrow, COUNT_OF(narrow), 0.04);
  refuse((hw_graph_frame){1, 1, 0, true}, NULL, 0, "block node of layer 0 at position 0 has no rows");
  const hw_part of_sequential[] = {MID(0, 0, 900000)};
  refuse((hw_graph_frame){1, 1, 0, true}, of_sequential, 1, "row 0 is out of range");
}

/* ---- Random graphs ---- */

enum { MAX_LAYERS = 5, MAX_TOKENS = 9, MAX_HEADS = 6, MAX_PARTS = 8192 };
typedef struct table { /* every part of every node */
  hw_graph_frame frame;
  uint32_t n_heads;
  hw_part rows[MAX_PARTS];
  size_t n;
} table;

static int compare_parts(const void *a, const void *b) { return hw_part_compare(a, b); }

/* A node's shares: some zero, some equal, sum about 1. The rows with share 0 are kept too. */
static void add_node(table *t, uint64_t *seed, hw_part *parts, size_t n) {
  double raw[MAX_TOKENS * MAX_HEADS + 2], sum = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t dice = unit_below(seed, 8);
    raw[i] = dice == 0 ? 0 : dice == 1 ? 0.5 : pow(fabs((double)unit_float(seed)), 4);
    sum += raw[i];
  }
  for (size_t i = 0; i < n; i++) {
    parts[i].importance = sum > 0 ? hw_micro(raw[i] / sum) : 0;
    t->rows[t->n++] = parts[i];
  }
}

static void make_table(table *t, uint64_t seed, bool parallel) {
  t->n_heads = 1 + unit_below(&seed, MAX_HEADS);
  t->frame = (hw_graph_frame){1 + unit_below(&seed, MAX_LAYERS), 1 + unit_below(&seed, MAX_TOKENS), 0, parallel};
  t->frame.target = unit_below(&seed, t->frame.n_tokens);
  t->n = 0;
  for (uint16_t l = 0; l < t->frame.n_layers; l++)
    for (uint32_t i = 0; i <= t->frame.target; i++) {
      hw_part parts[MAX_TOKENS * MAX_HEADS + 2];
      size_t n = 0;
      for (uint32_t j = 0; j <= i; j++)
        for (uint16_t h = 0; h < t->n_heads; h++) parts[n++] = ATT(l, i, j, h, 0);
      parts[n++] = RES(l, i, 0);
      if (parallel) {
        parts[n++] = FFN(l, i, 0);
      } else {
        hw_part ffn[2] = {FFN(l, i, 0), MID(l, i, 0)};
        add_node(t, &seed, ffn, 2);
      }
      add_node(t, &seed, parts, n);
    }
  qsort(t->rows, t->n, sizeof *t->rows, compare_parts);
}

/* The twin: flow at I{l} and A{l} over whole tables; survivors found by scanning all rows. */
typedef struct twin {
  double flow_above[MAX_LAYERS + 1][MAX_TOKENS], flow_middle[MAX_LAYERS][MAX_TOKENS]; /* flow_above[l + 1] is at I{l}, [0] at the tokens */
  double flow[MAX_PARTS], weight[MAX_PARTS];
  bool edge[MAX_PARTS];
} twin;

static void twin_node(const table *t, twin *w, double threshold, unsigned layer, uint32_t at, bool ffn, double flow) {
  size_t best = SIZE_MAX;
  double sum = 0;
  for (size_t i = 0; i < t->n; i++) {
    const hw_part *p = &t->rows[i];
    bool member = p->layer == layer && p->target == at && (t->frame.parallel || (p->kind >= HW_PART_FFN) == ffn);
    w->edge[i] = w->edge[i] && !member;
    if (!member) continue;
    if (p->importance / 1e6 > threshold) {
      w->edge[i] = true;
      sum += p->importance;
    }
    bool residual = p->kind == HW_PART_ATTENTION_RESIDUAL || p->kind == HW_PART_FFN_RESIDUAL;
    if (best == SIZE_MAX || p->importance > t->rows[best].importance || (residual && p->importance == t->rows[best].importance)) best = i;
    /* Rows come by key and head, a parallel FFN before them all: then an attention part takes a tie from the FFN. */
    if (t->frame.parallel && t->rows[best].kind == HW_PART_FFN && p->kind == HW_PART_ATTENTION && p->importance == t->rows[best].importance)
      if (p->source <= t->rows[best].source) best = i;
  }
  if (sum == 0) w->edge[best] = true;
  for (size_t i = 0; i < t->n; i++) {
    const hw_part *p = &t->rows[i];
    if (!w->edge[i] || p->layer != layer || p->target != at || (!t->frame.parallel && (p->kind >= HW_PART_FFN) != ffn)) continue;
    w->weight[i] = sum > 0 ? p->importance / sum : 1;
    w->flow[i] = flow * w->weight[i];
    if (ffn && !t->frame.parallel)
      w->flow_middle[layer][at] += w->flow[i];
    else
      w->flow_above[layer][p->source] += w->flow[i];
  }
}

static void run_twin(const table *t, twin *w, double threshold) {
  memset(w, 0, sizeof *w);
  w->flow_above[t->frame.n_layers][t->frame.target] = 1;
  for (unsigned l = t->frame.n_layers; l-- > 0;)
    for (int ffn = t->frame.parallel ? 0 : 1; ffn >= 0; ffn--)
      for (uint32_t i = 0; i < t->frame.n_tokens; i++) {
        double flow = ffn || t->frame.parallel ? w->flow_above[l + 1][i] : w->flow_middle[l][i];
        if (flow > 0) twin_node(t, w, threshold, l, i, ffn, flow);
      }
}

static void compare_with_twin(const table *t, const twin *w, const hw_graph *g, double threshold) {
  size_t n = 0, matched = 0;
  double head_flow[MAX_LAYERS][MAX_HEADS] = {0};
  for (size_t i = 0; i < t->n; i++) {
    if (!w->edge[i]) continue;
    n++;
    if (t->rows[i].kind == HW_PART_ATTENTION) head_flow[t->rows[i].layer][t->rows[i].head] += w->flow[i];
    for (size_t e = 0; e < g->n_edges; e++) {
      if (hw_part_compare(&g->edges[e].part, &t->rows[i]) != 0) continue;
      assert_true(unit_same_double(g->edges[e].weight, w->weight[i]));
      assert_near(g->edges[e].flow, w->flow[i], 1e-12);
      matched++;
    }
  }
  assert_int_equal(n, g->n_edges);
  assert_int_equal(matched, g->n_edges);
  size_t n_heads = 0;
  for (unsigned l = 0; l < t->frame.n_layers; l++)
    for (unsigned h = 0; h < t->n_heads; h++) {
      if (head_flow[l][h] == 0) continue;
      assert_true(n_heads < g->n_heads && g->heads[n_heads].layer == l && g->heads[n_heads].head == h);
      assert_near(g->heads[n_heads++].flow, head_flow[l][h], 1e-12);
    }
  assert_int_equal(n_heads, g->n_heads);
  for (uint32_t i = 0; i < t->frame.n_tokens; i++) assert_near(g->token_flow[i], w->flow_above[0][i], 1e-12);
  (void)threshold;
}

/* METHOD section 3: the flow over all residual nodes of a layer is 1, and what reaches the tokens is 1. */
static void check_sums(const table *t, const hw_graph *g, double threshold) {
  double ffn[MAX_LAYERS] = {0}, attention[MAX_LAYERS] = {0}, spoken[MAX_LAYERS] = {0}, spoken_edges[MAX_LAYERS] = {0}, tokens = 0, node = 0;
  size_t survivors = 0;
  for (size_t e = 0; e < g->n_edges; e++) {
    const hw_edge *edge = &g->edges[e];
    bool in_ffn = edge->part.kind >= HW_PART_FFN && !t->frame.parallel;
    *(in_ffn ? &ffn[edge->part.layer] : &attention[edge->part.layer]) += edge->flow;
    if (edge->part.kind == HW_PART_FFN) spoken_edges[edge->part.layer] += edge->flow;
    bool first = e == 0 || edge[-1].part.layer != edge->part.layer || edge[-1].part.target != edge->part.target ||
                 (!t->frame.parallel && (edge[-1].part.kind >= HW_PART_FFN) != in_ffn);
    if (first && e) assert_near(node, 1, 1e-12); /* weights of a node */
    node = first ? edge->weight : node + edge->weight;
    survivors = first ? 1 : survivors + 1;
    assert_true((double)survivors <= fmax(1, ceil(1 / threshold) - 1 + 1e-9) || threshold < 1e-4);
  }
  assert_near(node, 1, 1e-12);
  for (size_t n = 0; n < g->n_ffn_nodes; n++) spoken[g->ffn_nodes[n].layer] += g->ffn_nodes[n].flow;
  for (unsigned l = 0; l < t->frame.n_layers; l++) {
    if (!t->frame.parallel) assert_near(ffn[l], 1, 1e-12);
    assert_near(attention[l], 1, 1e-12);
    assert_near(spoken[l], spoken_edges[l], 1e-12);
  }
  for (uint32_t i = 0; i < t->frame.n_tokens; i++) tokens += g->token_flow[i];
  assert_near(tokens, 1, 1e-12);
}

static void random_graphs(bool parallel) {
  static const double thresholds[] = {1e-7, 0.005, 0.02, 0.04, 0.1, 0.3, 0.7};
  static table t;
  static twin w;
  for (uint64_t seed = 1; seed <= 400; seed++) {
    make_table(&t, seed, parallel);
    for (size_t i = 0; i < COUNT_OF(thresholds); i++) {
      hw_arena_reset(&arena);
      hw_graph g = replay(t.frame, t.rows, t.n, thresholds[i]);
      check_sums(&t, &g, thresholds[i]);
      run_twin(&t, &w, thresholds[i]);
      compare_with_twin(&t, &w, &g, thresholds[i]);
      if (parallel) continue;
      for (size_t e = 1; e < g.n_edges; e++) assert_true(hw_part_compare(&g.edges[e - 1].part, &g.edges[e].part) < 0);
    }
  }
}

TEST(random_graphs_equal_their_twin_and_sum_to_one) { random_graphs(false); }
TEST(random_parallel_graphs_equal_their_twin_and_sum_to_one) { random_graphs(true); }

int main(void) {
  const struct CMUnitTest tests[] = {
#define ON_AN_ARENA(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
      ON_AN_ARENA(order_of_rows),
      ON_AN_ARENA(importances_round_once),
      ON_AN_ARENA(a_graph_by_hand),
      ON_AN_ARENA(fallback_and_its_ties),
      ON_AN_ARENA(one_survivor_takes_all),
      ON_AN_ARENA(a_head_is_best_where_its_node_sum_is_largest),
      ON_AN_ARENA(a_parallel_block),
      ON_AN_ARENA(a_parallel_node_of_an_ffn_alone),
      ON_AN_ARENA(rows_that_are_no_graph),
      ON_AN_ARENA(random_graphs_equal_their_twin_and_sum_to_one),
      ON_AN_ARENA(random_parallel_graphs_equal_their_twin_and_sum_to_one),
  };
  return cmocka_run_group_tests_name("graph", tests, NULL, NULL);
}
