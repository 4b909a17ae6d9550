/* SPDX-License-Identifier: Apache-2.0
 * A made-up database with five planted circuits in noise, through the real writer: plant OUT.db PROMPTS [SEED [NOISE]]
 * Prints the planted circuits, a line each: their items, ascending, separated by commas.
 *
 * Each circuit is planted in a share of the prompts of its own, independently, and loses each of its edges in 3% of these (with
 * an edge to END goes what depends on it alone). Noise: at every node that the walk reaches up to NOISE (2) edges of random heads, few of
 * them often, from random positions, half of them from those with a role; and three edges into END that are in 50%, 40% and 30%
 * of all prompts. Positions of the roles differ from prompt to prompt. */
#include <inttypes.h>
#include <unistd.h>

#include "../unit/synthetic.h"
#include "mine/mine.h"
#include "base/text.h"

enum { N_LAYERS = 6, N_HEADS = 8, MOST_TOKENS = 20, CHUNK = 256, MOST_EDGES = 6, N_CIRCUITS = 5, MOST_PARTS = 4096 };
enum { BOS, S1, S1_NEXT, IO, S2, REST, END, N_ROLES }; /* synthetic_roles */

typedef struct planted_edge {
  uint16_t layer, head;
  uint8_t source, target; /* roles */
} planted_edge;

typedef struct planted {
  uint32_t percent;
  uint32_t n;
  planted_edge edges[MOST_EDGES];
} planted;

static const planted circuits[N_CIRCUITS] = {
    {20, 4, {{0, 1, S1, S2}, {3, 4, S2, END}, {5, 2, IO, END}, {4, 7, S1_NEXT, END}}},
    {16, 5, {{0, 6, S1, S1_NEXT}, {1, 3, S1_NEXT, S2}, {4, 5, S2, END}, {2, 2, IO, END}, {5, 6, S1, END}}},
    {13, 4, {{1, 7, BOS, IO}, {3, 0, IO, END}, {2, 6, S1, END}, {5, 5, END, END}}},
    {11, 6, {{0, 3, S1, S1}, {2, 5, S1, S2}, {4, 1, S2, END}, {3, 7, S1_NEXT, END}, {5, 7, S2, END}, {4, 6, IO, END}}},
    {9, 4, {{1, 5, S1, S2}, {2, 7, S2, S2}, {5, 0, S2, END}, {3, 3, BOS, END}}},
};
static const planted common[3] = {{50, 1, {{4, 0, BOS, END}}}, {40, 1, {{2, 0, END, END}}}, {30, 1, {{3, 1, S1, END}}}};

static const synthetic_shape shape = {.n_layers = N_LAYERS, .n_heads = N_HEADS, .n_tokens = MOST_TOKENS, .d_ffn = 64, .vocab = 100,
                                      .threshold = 0.04, .floor = 0.04};

typedef struct prompt_layout {
  uint32_t n_tokens;
  uint32_t at[N_ROLES]; /* REST: unused */
  uint8_t roles[MOST_TOKENS];
} prompt_layout;

static uint32_t below(uint64_t *rng, uint32_t n) { return synthetic_below(rng, n); }

static void lay_out(uint64_t *rng, prompt_layout *p) {
  uint32_t at = 1 + below(rng, 3);
  p->at[BOS] = 0;
  p->at[S1] = at++;
  p->at[S1_NEXT] = at++;
  if (below(rng, 2)) p->at[IO] = at + below(rng, 3);
  else { /* the other order */
    p->at[IO] = p->at[S1];
    p->at[S1]++;
    p->at[S1_NEXT]++;
    at++;
  }
  p->at[S2] = at + 3 + below(rng, 3);
  p->at[END] = p->at[S2] + 2 + below(rng, 4);
  p->n_tokens = p->at[END] + 1;
  memset(p->roles, REST, sizeof p->roles);
  for (uint32_t role = 0; role < N_ROLES; role++)
    if (role != REST) p->roles[p->at[role]] = (uint8_t)role;
}

typedef struct parts {
  size_t n;
  hw_part rows[MOST_PARTS];
} parts;

static void add(parts *p, hw_part_kind kind, uint32_t layer, uint32_t head, uint32_t source, uint32_t target, uint32_t importance) {
  for (size_t i = p->n; i-- > 0 && p->rows[i].layer == layer;)
    if (p->rows[i].kind == kind && p->rows[i].head == head && p->rows[i].source == source && p->rows[i].target == target) return;
  if (p->n == MOST_PARTS) return;
  p->rows[p->n++] = (hw_part){.importance = importance, .target = target, .source = source, .layer = (uint16_t)layer,
                              .head = (uint16_t)head, .kind = (uint8_t)kind};
}

static uint32_t edge_importance(uint64_t *rng) { return 45000 + below(rng, 50000); }

/* One attention node: what is planted there, and noise. */
static void add_attention(uint64_t *rng, parts *p, const prompt_layout *layout, const planted_edge *edges, size_t n_edges,
                          uint32_t layer, uint32_t at, uint32_t noise, bool *reached) {
  add(p, HW_PART_ATTENTION_RESIDUAL, layer, HW_NO_HEAD, at, at, 150000 + below(rng, 100000));
  reached[at] = true;
  for (size_t e = 0; e < n_edges; e++) {
    if (edges[e].layer != layer || layout->at[edges[e].target] != at || layout->at[edges[e].source] > at) continue;
    add(p, HW_PART_ATTENTION, layer, edges[e].head, layout->at[edges[e].source], at, edge_importance(rng));
    reached[layout->at[edges[e].source]] = true;
  }
  static const uint8_t named[] = {BOS, S1, S1_NEXT, IO, S2, END};
  for (uint32_t k = below(rng, noise + 1); k-- > 0;) {
    uint32_t source = below(rng, 2) ? layout->at[named[below(rng, 6)]] : below(rng, at + 1);
    if (source > at) continue;
    add(p, HW_PART_ATTENTION, layer, synthetic_skewed(rng, N_HEADS), source, at, edge_importance(rng));
    reached[source] = true;
  }
}

static void walk(uint64_t *rng, const prompt_layout *layout, const planted_edge *edges, size_t n_edges, uint32_t noise, parts *p) {
  bool reached[MOST_TOKENS] = {false}, next[MOST_TOKENS];
  reached[layout->at[END]] = true;
  p->n = 0;
  for (uint32_t layer = N_LAYERS; layer-- > 0;) {
    memset(next, 0, sizeof next);
    for (uint32_t at = 0; at < layout->n_tokens; at++) {
      if (!reached[at]) continue;
      if (below(rng, 2)) add(p, HW_PART_FFN, layer, HW_NO_HEAD, at, at, 100000 + below(rng, 300000));
      add(p, HW_PART_FFN_RESIDUAL, layer, HW_NO_HEAD, at, at, 500000);
      add_attention(rng, p, layout, edges, n_edges, layer, at, noise, next);
    }
    memcpy(reached, next, sizeof reached);
  }
  qsort(p->rows, p->n, sizeof *p->rows, synthetic_compare);
}

static size_t choose(uint64_t *rng, const planted *list, size_t n, uint32_t lost_percent, planted_edge *edges, size_t n_edges) {
  for (size_t c = 0; c < n; c++) {
    if (below(rng, 100) >= list[c].percent) continue;
    for (uint32_t e = 0; e < list[c].n; e++)
      if (below(rng, 100) >= lost_percent) edges[n_edges++] = list[c].edges[e];
  }
  return n_edges;
}

static bool make_prompt(uint64_t seed, uint32_t noise, int64_t i, hw_arena *arena, hw_prompt_record *prompt, hw_error *err) {
  static const int32_t ids[MOST_TOKENS] = {7};
  uint64_t rng = seed * 1000003u + (uint64_t)i;
  (void)synthetic_random(&rng);
  prompt_layout *layout = hw_arena_znew(arena, prompt_layout, 1, err);
  parts *rows = hw_arena_new(arena, parts, 1, err);
  hw_graph *graph = hw_arena_znew(arena, hw_graph, 1, err);
  hw_graph_record *record = hw_arena_znew(arena, hw_graph_record, 1, err);
  if (!layout || !rows || !graph || !record) return false;
  planted_edge edges[N_CIRCUITS * MOST_EDGES + 3];
  lay_out(&rng, layout);
  size_t n_edges = choose(&rng, circuits, N_CIRCUITS, 3, edges, 0);
  n_edges = choose(&rng, common, 3, 0, edges, n_edges);
  walk(&rng, layout, edges, n_edges, noise, rows);
  *record = (hw_graph_record){.frame = {.n_layers = N_LAYERS, .n_tokens = layout->n_tokens, .target = layout->at[END]},
                              .parts = rows->rows, .n_parts = rows->n, .graph = graph};
  *prompt = (hw_prompt_record){.prompt_id = i, .group_id = (uint32_t)(i % 2), .text = "made", .text_length = 4, .ids = ids,
                               .n_tokens = layout->n_tokens, .roles = layout->roles, .has_bos = true, .answer = {.token_id = -1},
                               .foil = {.token_id = -1}, .graphs = record, .n_graphs = 1};
  return hw_graph_replay(&record->frame, rows->rows, rows->n, shape.threshold, arena, arena, graph, err);
}

static bool make_chunk(hw_store *store, const hw_run_info *info, uint64_t seed, uint32_t noise, int64_t index,
                       hw_arena *arena, hw_error *err) {
  int64_t first = index * CHUNK, n = info->n_prompts - first < CHUNK ? info->n_prompts - first : CHUNK;
  hw_prompt_record *prompts = hw_arena_new(arena, hw_prompt_record, (size_t)n, err);
  if (!prompts) return false;
  hw_chunk_record chunk = {.chunk_index = index, .first_prompt = first, .n_prompts = (size_t)n, .prompts = prompts};
  for (int64_t i = 0; i < n; i++) {
    if (!make_prompt(seed, noise, first + i, arena, &prompts[i], err)) return false;
    chunk.n_tokens += prompts[i].n_tokens;
  }
  hw_encoded_chunk *encoded;
  if (!hw_encode_chunk(&chunk, info, &encoded, err)) return false;
  bool ok = hw_store_put_chunk(store, encoded, err);
  hw_encoded_chunk_free(encoded);
  return ok;
}

static int compare_numbers(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static void print_circuits(void) {
  for (size_t c = 0; c < N_CIRCUITS; c++) {
    uint32_t items[MOST_EDGES];
    for (uint32_t e = 0; e < circuits[c].n; e++) {
      const planted_edge *edge = &circuits[c].edges[e];
      items[e] = hw_item(HW_ITEM_ATTENTION, edge->layer, edge->head, edge->source, edge->target);
    }
    qsort(items, circuits[c].n, sizeof *items, compare_numbers);
    for (uint32_t e = 0; e < circuits[c].n; e++) printf("%s%" PRIu32, e ? "," : "", items[e]);
    printf("\n");
  }
}

int main(int argc, char **argv) {
  int64_t n_prompts, seed = 1, noise = 2;
  if (argc < 3 || !hw_parse_int(argv[2], 1, 100000000, &n_prompts) || (argc > 3 && !hw_parse_int(argv[3], 0, 1000000, &seed)) ||
      (argc > 4 && !hw_parse_int(argv[4], 0, 10, &noise)))
    return fprintf(stderr, "plant OUT.db PROMPTS [SEED [NOISE]]\n"), 2;
  hw_run_info info = synthetic_run(&shape, 2, n_prompts);
  hw_error err = {0};
  hw_store *store = NULL;
  hw_arena arena;
  hw_arena_init(&arena);
  (void)unlink(argv[1]);
  bool ok = hw_store_open_run(argv[1], &info, &synthetic_process, false, &store, &err);
  if (ok) hw_store_commit_every(store, 1);
  for (int64_t index = 0; ok && index * CHUNK < n_prompts; index++) {
    hw_arena_reset(&arena);
    ok = make_chunk(store, &info, (uint64_t)seed, (uint32_t)noise, index, &arena, &err);
  }
  if (ok) ok = hw_store_close(store, true, &err);
  else (void)hw_store_close(store, false, NULL);
  hw_arena_fini(&arena);
  if (!ok) return fprintf(stderr, "plant: %s\n", err.message), 1;
  print_circuits();
  return 0;
}
