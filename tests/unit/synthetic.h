/* SPDX-License-Identifier: Apache-2.0
 * Made-up but consistent graphs in any shape, for tests and benchmarks of the store. The same seed gives the same rows. */
#ifndef HW_TESTS_SYNTHETIC_H
#define HW_TESTS_SYNTHETIC_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "headwater/arena.h"
#include "headwater/graph.h"
#include "headwater/store.h"

typedef struct synthetic_shape {
  uint32_t n_layers, n_heads, n_tokens, d_ffn, vocab;
  uint32_t hot;     /* positions that draw attention: about so many nodes a layer */
  uint32_t n_parts; /* attention rows a node, about */
  uint32_t k_neurons, k_tokens, projected_heads;
  uint32_t n_targets; /* the last so many positions */
  bool parallel;
  double threshold, floor;
} synthetic_shape;

/* Sizes of the embedded models and of GPT-2 small, for an initialiser. */
#define SYNTHETIC_SMALL \
  .n_layers = 4, .n_heads = 4, .n_tokens = 17, .d_ffn = 512, .vocab = 2048, .hot = 4, .n_parts = 2, .k_neurons = 10, .k_tokens = 10
#define SYNTHETIC_GPT2 \
  .n_layers = 12, .n_heads = 12, .n_tokens = 33, .d_ffn = 3072, .vocab = 50257, .hot = 5, .n_parts = 4, .k_neurons = 10, .k_tokens = 10

static inline uint64_t synthetic_random(uint64_t *state) { /* splitmix64 */
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
static inline uint32_t synthetic_below(uint64_t *state, uint32_t n) { return (uint32_t)(synthetic_random(state) % n); }
static inline double synthetic_unit(uint64_t *state) { return (double)(synthetic_random(state) >> 11) * 0x1p-53; }
static inline double synthetic_normal(uint64_t *state) {
  return sqrt(-2 * log(synthetic_unit(state) + 1e-300)) * cos(6.283185307179586 * synthetic_unit(state));
}
/* Small numbers often, as heads and neurons recur. */
static inline uint32_t synthetic_skewed(uint64_t *state, uint32_t n) {
  double u = synthetic_unit(state);
  return (uint32_t)(u * u * u * n) % n;
}

static inline int synthetic_compare(const void *a, const void *b) { return hw_part_compare(a, b); }
static inline int synthetic_falling(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x < y) - (x > y);
}

/* Rows of a whole walk at the floor. Returns their number; parts must have room. */
static inline size_t synthetic_parts(uint64_t *rng, const synthetic_shape *shape, const hw_graph_frame *frame,
                                     hw_part *parts, size_t room) {
  bool *reached = calloc(frame->n_tokens, 1), *below = calloc(frame->n_tokens, 1);
  uint32_t hot[64];
  for (uint32_t i = 0; i < shape->hot; i++) hot[i] = synthetic_below(rng, frame->target + 1);
  size_t n = 0;
  uint32_t floor = (uint32_t)(shape->floor * HW_MICRO) + 1;
  reached[frame->target] = true;
  for (uint32_t layer = frame->n_layers; layer-- > 0;) {
    memset(below, 0, frame->n_tokens);
    for (uint32_t at = 0; at <= frame->target; at++) {
      if (!reached[at] || n + 64 > room) continue;
      uint32_t ffn = 100000 + synthetic_below(rng, 400000), left = 1000000;
      parts[n++] = (hw_part){.importance = shape->parallel ? ffn / 2 : ffn,
                             .target = at,
                             .source = at,
                             .layer = (uint16_t)layer,
                             .head = HW_NO_HEAD,
                             .kind = HW_PART_FFN};
      if (!shape->parallel)
        parts[n++] = (hw_part){.importance = 1000000 - ffn + synthetic_below(rng, 2),
                               .target = at,
                               .source = at,
                               .layer = (uint16_t)layer,
                               .head = HW_NO_HEAD,
                               .kind = HW_PART_FFN_RESIDUAL};
      else left -= ffn / 2;
      size_t first = n;
      uint32_t wanted = 1 + synthetic_below(rng, 2 * shape->n_parts);
      for (uint32_t k = 0; k < wanted; k++) {
        uint32_t source = hot[synthetic_below(rng, shape->hot)], head = synthetic_skewed(rng, shape->n_heads);
        uint32_t share = floor + synthetic_below(rng, 60000);
        if (source > at) source = at;
        bool twice = share > left;
        for (size_t i = first; i < n; i++) twice = twice || (parts[i].source == source && parts[i].head == head);
        if (twice) continue;
        left -= share;
        below[source] = true;
        parts[n++] = (hw_part){.importance = share,
                               .target = at,
                               .source = source,
                               .layer = (uint16_t)layer,
                               .head = (uint16_t)head,
                               .kind = HW_PART_ATTENTION};
      }
      uint32_t residual = (uint32_t)((double)left * (0.5 + 0.4 * synthetic_unit(rng)));
      if (residual >= floor || n == first) {
        parts[n++] = (hw_part){.importance = residual,
                               .target = at,
                               .source = at,
                               .layer = (uint16_t)layer,
                               .head = HW_NO_HEAD,
                               .kind = HW_PART_ATTENTION_RESIDUAL};
        below[at] = true;
      }
      if (shape->parallel) below[at] = true;
    }
    bool *other = reached;
    reached = below;
    below = other;
  }
  free(reached);
  free(below);
  qsort(parts, n, sizeof *parts, synthetic_compare);
  return n;
}

static inline void synthetic_neurons(uint64_t *rng, const synthetic_shape *shape, hw_graph_record *record,
                                     hw_arena *arena) {
  size_t n_nodes = record->graph->n_ffn_nodes, n = 0;
  hw_neuron_node *nodes = hw_arena_new(arena, hw_neuron_node, n_nodes, NULL);
  hw_neuron_row *rows = hw_arena_new(arena, hw_neuron_row, n_nodes * shape->k_neurons, NULL);
  for (size_t i = 0; i < n_nodes; i++) {
    const hw_ffn_node *node = &record->graph->ffn_nodes[i];
    nodes[i] = (hw_neuron_node){.layer = node->layer,
                                .position = node->position,
                                .total = 300000 + synthetic_below(rng, 500000),
                                .n_rows = shape->k_neurons};
    uint32_t share = 5000 + synthetic_below(rng, 30000);
    for (uint32_t k = 0; k < shape->k_neurons; k++) {
      rows[n++] = (hw_neuron_row){.layer = node->layer,
                                  .position = node->position,
                                  .neuron = synthetic_skewed(rng, shape->d_ffn),
                                  .importance = share,
                                  .activation = (float)(2 * synthetic_normal(rng))};
      share -= synthetic_below(rng, share / 6 + 1);
    }
  }
  record->neuron_nodes = nodes;
  record->n_neuron_nodes = n_nodes;
  record->neurons = rows;
  record->n_neurons = n;
}

static inline void synthetic_list(uint64_t *rng, const synthetic_shape *shape, int sign, const int32_t **ids,
                                  const float **scores, hw_arena *arena) {
  int32_t *tokens = hw_arena_new(arena, int32_t, shape->k_tokens, NULL);
  float *values = hw_arena_new(arena, float, shape->k_tokens, NULL);
  double score = 12 + 4 * synthetic_normal(rng);
  for (uint32_t k = 0; k < shape->k_tokens; k++) {
    tokens[k] = (int32_t)synthetic_below(rng, shape->vocab);
    values[k] = (float)(sign * score);
    score += 0.4 * log(synthetic_unit(rng) + 1e-12);
  }
  *ids = tokens;
  *scores = values;
}

static inline void synthetic_projections(uint64_t *rng, const synthetic_shape *shape, hw_graph_record *record,
                                         hw_arena *arena) {
  size_t n_heads = record->graph->n_heads < shape->projected_heads ? record->graph->n_heads : shape->projected_heads;
  size_t n = n_heads + 4u * shape->n_layers, i = 0;
  hw_projection *rows = hw_arena_new(arena, hw_projection, n, NULL);
  for (; i < n_heads; i++)
    rows[i] = (hw_projection){.kind = HW_COMPONENT_HEAD,
                              .layer = record->graph->heads[i].layer,
                              .index = record->graph->heads[i].head,
                              .position = record->graph->heads[i].best_position};
  for (uint32_t layer = 0; layer < shape->n_layers; layer++)
    for (int kind = HW_COMPONENT_ATTENTION; kind <= HW_COMPONENT_RESID_POST; kind++)
      rows[i++] = (hw_projection){.kind = (uint8_t)kind, .layer = (uint16_t)layer, .position = record->frame.target};
  for (i = 0; i < n; i++) {
    rows[i].k = (uint16_t)shape->k_tokens;
    rows[i].convention = i & 1;
    synthetic_list(rng, shape, 1, &rows[i].promotes, &rows[i].promote_scores, arena);
    synthetic_list(rng, shape, -1, &rows[i].suppresses, &rows[i].suppress_scores, arena);
  }
  record->projections = rows;
  record->n_projections = n;
}

static inline bool synthetic_graph(uint64_t *rng, const synthetic_shape *shape, uint32_t n_tokens, uint32_t target,
                                   hw_arena *arena, hw_graph_record *record, hw_error *err) {
  size_t room = 64u * shape->n_layers * n_tokens;
  hw_part *parts = hw_arena_new(arena, hw_part, room, err);
  hw_graph *graph = hw_arena_new(arena, hw_graph, 1, err);
  *record = (hw_graph_record){
      .frame = {.n_layers = shape->n_layers, .n_tokens = n_tokens, .target = target, .parallel = shape->parallel},
      .parts = parts,
      .graph = graph};
  record->n_parts = synthetic_parts(rng, shape, &record->frame, parts, room);
  if (!hw_graph_replay(&record->frame, parts, record->n_parts, shape->threshold, arena, arena, graph, err)) return false;
  synthetic_neurons(rng, shape, record, arena);
  synthetic_projections(rng, shape, record, arena);
  record->predicted_id = (int32_t)synthetic_below(rng, shape->vocab);
  record->predicted_logit = (float)(10 + synthetic_normal(rng));
  record->predicted_probability = (float)synthetic_unit(rng);
  return true;
}

/* Answers of several tokens that begin alike; every third pair is a tie where it parts, some are cut. */
static inline void synthetic_several_tokens(uint64_t *rng, int64_t i, const synthetic_shape *shape, hw_arena *arena, hw_prompt_record *prompt) {
  double *difference = hw_arena_new(arena, double, shape->n_layers, NULL);
  for (uint32_t layer = 0; layer < shape->n_layers; layer++) difference[layer] = i % 3 == 0 ? 0 : (double)(float)(2 * synthetic_normal(rng));
  prompt->answer.n_tokens = prompt->foil.n_tokens = 3;
  prompt->answer.greedy = i % 8 == 3;
  prompt->contrast = (hw_answer_contrast){.n_shared = 2, .logit_diff = (float)difference[shape->n_layers - 1],
                                          .log_probability_diff = i % 16 == 15 ? (double)NAN : i % 3 == 0 ? 0 : 3 * synthetic_normal(rng)};
  prompt->lens.difference = difference;
  if (i % 16 == 15) {
    prompt->answer.cut = true;
    prompt->answer.greedy = false;
    prompt->answer.log_probability = (double)NAN;
  }
  if (i % 16 != 7) return;
  prompt->contrast = (hw_answer_contrast){.n_shared = 3, .logit_diff = NAN, .log_probability_diff = (double)NAN}; /* the foil is the answer */
  prompt->lens.foil = NULL;
  prompt->lens.difference = NULL;
}

/* Ranks fall from layer to layer; the last one is that of the answer itself. */
static inline const hw_lens_score *synthetic_lens(uint64_t *rng, const synthetic_shape *shape, const hw_answer_record *answer, hw_arena *arena) {
  hw_lens_score *lens = hw_arena_new(arena, hw_lens_score, shape->n_layers, NULL);
  for (uint32_t layer = 0; layer < shape->n_layers; layer++)
    lens[layer] = (hw_lens_score){.logit = 2 + 3 * synthetic_normal(rng), .probability = synthetic_unit(rng) * (layer + 1) / shape->n_layers,
                                  .rank = 1 + synthetic_below(rng, shape->vocab >> layer)};
  lens[shape->n_layers - 1] =
      (hw_lens_score){.logit = (double)answer->logit, .probability = (double)answer->probability, .rank = answer->rank};
  return lens;
}

/* Prompt i of the data set `seed`; about one in 50 fails when failures are wanted. */
static inline bool synthetic_prompt(uint64_t seed, int64_t i, const synthetic_shape *shape, size_t n_groups, bool failures,
                                    hw_arena *arena, hw_prompt_record *prompt, hw_error *err) {
  uint64_t rng = seed * 1000003u + (uint64_t)i;
  (void)synthetic_random(&rng);
  char *text = hw_arena_new(arena, char, 256, err);
  uint32_t n_tokens = shape->n_tokens - synthetic_below(&rng, 3);
  int32_t *ids = hw_arena_new(arena, int32_t, n_tokens, err);
  uint8_t *roles = hw_arena_new(arena, uint8_t, n_tokens, err);
  hw_graph_record *graphs = hw_arena_new(arena, hw_graph_record, shape->n_targets, err);
  hw_key_value *values = hw_arena_new(arena, hw_key_value, 1, err);
  if (!text || !ids || !roles || !graphs || !values) return false;
  int length = snprintf(text, 256, "When Mary and John went to the store, number %lld, John gave a drink to", (long long)i);
  for (uint32_t t = 0; t < n_tokens; t++) {
    ids[t] = (int32_t)synthetic_below(&rng, shape->vocab);
    roles[t] = (uint8_t)(t == 0 ? 0 : t == n_tokens - 1 ? 6 : 1 + (t % 7 == 0 ? 0 : t % 7 == 1 ? 1 : 4));
  }
  values[0] = (hw_key_value){.key = "case", .value = "upper", .value_length = 5};
  *prompt = (hw_prompt_record){
      .prompt_id = i,
      .group_id = (uint32_t)((uint64_t)i % n_groups),
      .text = text,
      .text_length = (size_t)length,
      .ids = ids,
      .n_tokens = n_tokens,
      .roles = roles,
      .has_bos = true,
      .values = values,
      .n_values = 1,
      .answer = {.token_id = 5,
                 .n_tokens = 1,
                 .logit = 9.5f,
                 .probability = 0.25f,
                 .rank = 1 + (uint32_t)i % 3,
                 .log_probability = -1.4},
      .foil = {.token_id = 6, .n_tokens = 1, .logit = 8.25f, .probability = 0.125f, .rank = 4, .log_probability = -2},
      .graphs = graphs,
      .n_graphs = shape->n_targets};
  uint64_t other = rng ^ 0x1e45;
  prompt->lens = (hw_answer_lens){.answer = synthetic_lens(&other, shape, &prompt->answer, arena),
                                  .foil = synthetic_lens(&other, shape, &prompt->foil, arena)};
  prompt->contrast = (hw_answer_contrast){.logit_diff = prompt->answer.logit - prompt->foil.logit, .log_probability_diff = 0.6};
  if (i % 4 == 3) synthetic_several_tokens(&other, i, shape, arena, prompt);
  if (failures && synthetic_below(&rng, 50) == 0) {
    prompt->failure = "too long: 2048 tokens, the model takes 1024";
    prompt->n_graphs = 0;
    return true;
  }
  for (uint32_t t = 0; t < shape->n_targets; t++)
    if (!synthetic_graph(&rng, shape, n_tokens, n_tokens - 1 - t, arena, &graphs[t], err)) return false;
  return true;
}

/* Prompts [first, first + n). */
static inline bool synthetic_chunk(uint64_t seed, int64_t index, int64_t first, size_t n, const synthetic_shape *shape,
                                   size_t n_groups, bool failures, hw_arena *arena, hw_chunk_record *chunk, hw_error *err) {
  hw_prompt_record *prompts = hw_arena_new(arena, hw_prompt_record, n, err);
  if (!prompts) return false;
  *chunk = (hw_chunk_record){.chunk_index = index, .first_prompt = first, .n_prompts = n, .prompts = prompts};
  for (size_t i = 0; i < n; i++) {
    if (!synthetic_prompt(seed, first + (int64_t)i, shape, n_groups, failures, arena, &prompts[i], err)) return false;
    chunk->n_tokens += prompts[i].n_tokens;
  }
  return true;
}

static const char *const synthetic_roles[] = {"BOS", "S1", "S1+1", "IO", "S2", "-", "END"};

static inline hw_run_info synthetic_run(const synthetic_shape *shape, size_t n_groups, int64_t n_prompts) {
  static const char *const names[] = {"bos", "threshold"}, *const values[] = {"auto", "0.04"};
  static const char *const groups[] = {"label=A", "label=B", "label=C", "label=D"}, *const columns[] = {"label"},
                           *const group_values[] = {"A", "B", "C", "D"};
  return (hw_run_info){.fingerprint = "f00d",
                       .model_name = "synthetic",
                       .model_family = "gpt2",
                       .model_fingerprint = "aa",
                       .tokenizer_fingerprint = "bb",
                       .dataset_name = "made.csv",
                       .dataset_fingerprint = "cc",
                       .n_prompts = n_prompts,
                       .n_layers = shape->n_layers,
                       .n_heads = shape->n_heads,
                       .n_kv_heads = shape->n_heads,
                       .d_model = 128,
                       .d_ffn = shape->d_ffn,
                       .vocab_size = shape->vocab,
                       .parallel_block = shape->parallel,
                       .threshold = shape->threshold,
                       .floor = shape->floor,
                       .neuron_threshold = 0.01,
                       .n_settings = 2,
                       .setting_names = names,
                       .setting_values = values,
                       .n_groups = n_groups,
                       .group_names = groups,
                       .n_group_columns = 1,
                       .group_columns = columns,
                       .group_values = group_values,
                       .n_roles = 7,
                       .role_names = synthetic_roles};
}

static const hw_process_info synthetic_process = {.model_path = "/m",
                                                  .dataset_path = "/d",
                                                  .program_version = "0.1",
                                                  .blas_kernel = "none",
                                                  .threads = 1,
                                                  .batch_invariant = true};

#endif
