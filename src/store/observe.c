/* SPDX-License-Identifier: Apache-2.0 */
#include "store/observe.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "graph/keys.h"
#include "headwater/store.h"

/* A sum of shares that no prompt reaches; its square still fits. */
enum { MOST_IMPORTANCE = 1000000000, DIFFERENCE_SPLIT = 40 };

bool hw_observer_init(hw_observer *observer, const hw_run_info *info, hw_error *err) {
  *observer = (hw_observer){.info = info};
  size_t n = (size_t)info->n_layers * info->n_heads * HW_N_SOURCES;
  observer->importance = calloc(n, sizeof *observer->importance);
  observer->flow = calloc(n, sizeof *observer->flow);
  observer->touched = calloc(n, sizeof *observer->touched);
  return (observer->importance && observer->flow && observer->touched) || hw_fail_memory(err, "the sums of a chunk");
}

void hw_observer_fini(hw_observer *observer) {
  free(observer->roles);
  free(observer->sources);
  free(observer->importance);
  free(observer->flow);
  free(observer->touched);
  *observer = (hw_observer){0};
}

void hw_observer_reset(hw_observer *observer) { observer->n_roles = observer->n_sources = 0; }

static bool observe(hw_observation **rows, size_t *n, size_t *capacity, hw_observation row, hw_error *err) {
  if (*n == *capacity) {
    size_t wanted = *capacity ? 2 * *capacity : 256;
    hw_observation *grown = realloc(*rows, wanted * sizeof *grown);
    if (!grown) return hw_fail_memory(err, "the rows of a chunk");
    *rows = grown;
    *capacity = wanted;
  }
  (*rows)[(*n)++] = row;
  return true;
}

/* ---- roles ---- */

static bool observe_roles(hw_observer *o, const hw_prompt_record *prompt, const hw_graph_record *graph, int64_t graph_id, hw_arena *scratch,
                          hw_error *err) {
  size_t n_roles = o->info->n_roles, n = (size_t)graph->frame.n_layers * n_roles;
  double *flows = hw_arena_znew(scratch, double, n, err);
  if (!flows) return false;
  for (size_t i = 0; i < graph->graph->n_edges; i++) {
    const hw_edge *edge = &graph->graph->edges[i];
    if (hw_graph_node_of(&graph->frame, edge->part.kind)->below != HW_STATE_PRE) continue; /* flow that enters the layer is counted */
    flows[edge->part.layer * n_roles + (prompt->roles[edge->part.source] & HW_ROLE_MASK)] += edge->flow;
  }
  for (size_t i = 0; i < n; i++) {
    if (!(flows[i] > 0)) continue;
    hw_observation row = {.key = hw_component_key((uint32_t)(i / n_roles), (uint32_t)(i % n_roles)), .graph_id = graph_id,
                          .importance = hw_micro(flows[i]), .on = true};
    if (!observe(&o->roles, &o->n_roles, &o->roles_capacity, row, err)) return false;
  }
  return true;
}

/* ---- where heads look ---- */

static unsigned source_kinds(const hw_part *part, const int32_t *ids) {
  uint32_t from = part->source, to = part->target;
  unsigned kinds = 1u << HW_SOURCE_ANY;
  if (from == 0) kinds |= 1u << HW_SOURCE_FIRST;
  if (from == to) return kinds | 1u << HW_SOURCE_SELF;
  if (from + 1 == to) kinds |= 1u << HW_SOURCE_PREVIOUS;
  if (ids[from] == ids[to]) kinds |= 1u << HW_SOURCE_SAME;
  if (from > 0 && ids[from - 1] == ids[to]) kinds |= 1u << HW_SOURCE_INDUCTION;
  return kinds;
}

static bool observe_sources(hw_observer *o, const hw_prompt_record *prompt, const hw_graph_record *graph, int64_t graph_id, hw_error *err) {
  size_t n = 0, n_heads = o->info->n_heads;
  for (size_t i = 0; i < graph->graph->n_edges; i++) {
    const hw_edge *edge = &graph->graph->edges[i];
    if (edge->part.kind != HW_PART_ATTENTION) continue;
    unsigned kinds = source_kinds(&edge->part, prompt->ids);
    for (unsigned kind = 0; kind < HW_N_SOURCES; kind++) {
      if (!(kinds >> kind & 1)) continue;
      size_t at = (edge->part.layer * n_heads + edge->part.head) * HW_N_SOURCES + kind;
      if (o->importance[at] == 0) o->touched[n++] = (uint32_t)at; /* an edge has some importance, or it is counted as 1e-6 */
      o->importance[at] += edge->part.importance ? edge->part.importance : 1;
      o->flow[at] += edge->flow;
    }
  }
  bool ok = true;
  for (size_t i = 0; i < n; i++) {
    size_t at = o->touched[i], head = at / HW_N_SOURCES;
    uint32_t index = hw_head_source((uint32_t)(head % n_heads), (uint32_t)(at % HW_N_SOURCES));
    uint64_t importance = o->importance[at] < MOST_IMPORTANCE ? o->importance[at] : MOST_IMPORTANCE;
    hw_observation row = {.key = hw_component_key((uint32_t)(head / n_heads), index),
                          .graph_id = graph_id, .importance = (uint32_t)importance, .flow = hw_micro(o->flow[at]), .on = true};
    ok = ok && observe(&o->sources, &o->n_sources, &o->sources_capacity, row, err);
    o->importance[at] = 0;
    o->flow[at] = 0;
  }
  return ok;
}

bool hw_observe_graph(hw_observer *o, const hw_prompt_record *prompt, const hw_graph_record *graph, int64_t graph_id, hw_arena *scratch,
                      hw_error *err) {
  return observe_roles(o, prompt, graph, graph_id, scratch, err) && observe_sources(o, prompt, graph, graph_id, err);
}

/* ---- answers ---- */

static void add_square(hw_answer_sums *sums, int64_t difference) {
  unsigned __int128 square = (unsigned __int128)((__int128)difference * difference);
  sums->diff_ssq_hi += (int64_t)(square >> DIFFERENCE_SPLIT);
  sums->diff_ssq_lo += (int64_t)(square & ((UINT64_C(1) << DIFFERENCE_SPLIT) - 1));
}

/* Counts from the numbers as they are stored, so that a database derived from this one has the same sums. */
static void add_answer(hw_answer_sums *sums, const hw_lens_score *answer, const hw_lens_score *foil, bool first, bool settled) {
  int64_t probability = hw_micro(answer->probability);
  sums->n++;
  sums->n_top += answer->rank == 1;
  sums->n_first += first;
  sums->n_settled += settled;
  sums->rank_sum += answer->rank;
  sums->probability_sum += probability;
  sums->probability_ssq += probability * probability;
  if (!foil) return;
  int64_t difference = hw_lens_logit(answer->logit) - hw_lens_logit(foil->logit);
  sums->n_foil++;
  sums->n_beats += difference > 0;
  sums->diff_sum += difference;
  add_square(sums, difference);
}

static hw_lens_score score_of(const hw_answer_record *answer) {
  return (hw_lens_score){.logit = (double)answer->logit, .probability = (double)answer->probability, .rank = answer->rank};
}

static bool sane(const hw_lens_score *score) {
  return !score || (fabs(score->logit) <= 1e9 && score->probability >= 0 && score->probability <= 1.0001 && score->rank > 0);
}

/* Scores of one prompt's answer or foil at a layer; where no lens was given, only the last layer is known. */
static const hw_lens_score *score_at(const hw_lens_score *lens, const hw_lens_score *last, size_t layer, size_t n) {
  return lens ? &lens[layer] : last && layer == n - 1 ? last : NULL;
}

bool hw_observe_answer(hw_encoded_chunk *chunk, const hw_run_info *info, const hw_prompt_record *prompt, hw_error *err) {
  if (prompt->answer.token_id < 0) return true;
  size_t n = info->n_layers, settled = n;
  bool has_lens = prompt->answer_lens != NULL, was_top = false;
  hw_lens_score answer_last = score_of(&prompt->answer), foil_last = score_of(&prompt->foil);
  while (has_lens && settled > 0 && prompt->answer_lens[settled - 1].rank == 1) settled--;
  for (size_t layer = has_lens ? 0 : n - 1; layer < n; layer++) {
    const hw_lens_score *answer = score_at(prompt->answer_lens, &answer_last, layer, n);
    const hw_lens_score *foil = score_at(prompt->foil_lens, prompt->foil.token_id >= 0 ? &foil_last : NULL, layer, n);
    if (!sane(answer) || !sane(foil))
      return hw_fail(err, HW_ERROR_INPUT, "prompt %" PRId64 ": a measure of its answer is not finite", prompt->prompt_id);
    bool top = answer->rank == 1, first = has_lens && top && !was_top, settles = has_lens && layer == settled;
    was_top |= top;
    size_t groups[] = {0, 1 + prompt->group_id};
    for (size_t g = 0; g < 2; g++) add_answer(&chunk->sums.answers[groups[g] * n + layer], answer, foil, first, settles);
  }
  return true;
}
