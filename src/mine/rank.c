/* SPDX-License-Identifier: Apache-2.0
 * Greedy tiling. Each pick lowers what the other sets would newly cover, never raises it. So a count made earlier is an upper
 * bound, and a set is counted again only when its bound is the highest. The picks are the same as if all were counted each time. */
#include <stdlib.h>
#include <string.h>

#include "mine/mine.h"
#include "base/progress.h"
#include "base/text.h"
#include "mine/bits.h"

typedef struct candidate {
  uint64_t gain;  /* at most so many new cells, weighted */
  uint32_t set;
  uint32_t round; /* picks when it was counted; then it is exact */
} candidate;

typedef struct ranker {
  const hw_mine_base *base;
  const hw_mine_sets *sets;
  candidate *heap;
  size_t n;
  double *weights;     /* [sets->n]; NULL: all 1 */
  uint64_t *covered;   /* [n_items, n_words] */
  uint64_t *uncovered; /* [n_items] graphs of the item that no pick covers */
  uint64_t *graphs;    /* [n_words] scratch */
  double n_graphs;
} ranker;

/* Which comes first among equals is part of the result: more items, then lower items. */
static bool before(const ranker *r, const candidate *a, const candidate *b) {
  if (a->gain != b->gain) return a->gain > b->gain;
  const hw_mine_set *x = &r->sets->sets[a->set], *y = &r->sets->sets[b->set];
  if (x->n != y->n) return x->n > y->n;
  for (uint32_t i = 0; i < x->n; i++) {
    uint32_t p = r->sets->members[x->first + i], q = r->sets->members[y->first + i];
    if (p != q) return p < q;
  }
  return false;
}

static void sink(ranker *r, size_t at) {
  for (size_t child; (child = 2 * at + 1) < r->n; at = child) {
    if (child + 1 < r->n && before(r, &r->heap[child + 1], &r->heap[child])) child++;
    if (!before(r, &r->heap[child], &r->heap[at])) return;
    candidate c = r->heap[at];
    r->heap[at] = r->heap[child];
    r->heap[child] = c;
  }
}

static uint64_t weighted(const ranker *r, size_t set, uint64_t cells) {
  return r->weights ? (uint64_t)((double)cells * r->weights[set]) : cells;
}

/* An upper bound that is cheap to compute: of each item no more graphs than are still uncovered. It often saves the exact count. */
static uint64_t quick_bound(const ranker *r, const hw_mine_set *set) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < set->n; i++) {
    uint64_t left = r->uncovered[r->sets->members[set->first + i]];
    sum += left < set->support ? left : set->support;
  }
  return sum;
}

static uint64_t count_new(ranker *r, const hw_mine_set *set) {
  const uint32_t *members = r->sets->members + set->first;
  uint64_t sum = 0;
  (void)hw_mine_graphs(r->base, members, set->n, SIZE_MAX, r->graphs);
  for (uint32_t i = 0; i < set->n; i++)
    sum += hw_bits_count_and_not(r->graphs, r->covered + members[i] * r->base->n_words, r->base->n_words);
  return sum;
}

static void cover(ranker *r, const hw_mine_set *set) {
  const uint32_t *members = r->sets->members + set->first;
  size_t n_words = r->base->n_words;
  (void)hw_mine_graphs(r->base, members, set->n, SIZE_MAX, r->graphs);
  for (uint32_t i = 0; i < set->n; i++) {
    hw_bits_or(r->graphs, n_words, r->covered + members[i] * n_words);
    r->uncovered[members[i]] = hw_bits_count_and_not(r->base->bits + members[i] * n_words, r->covered + members[i] * n_words, n_words);
  }
}

static bool rank(ranker *r, size_t most, const hw_mine_limits *limits, hw_mine_pick *picks, size_t *n_picks) {
  while (*n_picks < most && r->n && r->heap[0].gain) {
    candidate *first = &r->heap[0];
    const hw_mine_set *set = &r->sets->sets[first->set];
    if (first->round == *n_picks) {
      picks[(*n_picks)++] = (hw_mine_pick){.set = first->set, .new_cells = count_new(r, set)};
      cover(r, set);
      *first = r->heap[--r->n];
    } else {
      if (hw_clock_seconds() > limits->deadline || hw_asked_to_stop(limits->hooks)) return false;
      uint64_t bound = weighted(r, first->set, quick_bound(r, set));
      if (bound < first->gain) first->gain = bound;
      else *first = (candidate){.gain = weighted(r, first->set, count_new(r, set)), .set = first->set, .round = (uint32_t)*n_picks};
    }
    sink(r, 0);
  }
  return true;
}

double hw_mine_lift(const hw_mine_base *base, const uint32_t *members, size_t n, uint64_t support) {
  double n_graphs = 0, expected;
  for (size_t g = 0; g < base->n_groups; g++) n_graphs += base->group_sizes[g];
  expected = n_graphs;
  for (size_t i = 0; i < n; i++)
    expected *= (double)hw_mine_count(base->bits + members[i] * base->n_words, base->n_words) / n_graphs;
  return (double)support / expected;
}

/* The share of a set's graphs that chance does not explain. */
static void weigh(ranker *r) {
  for (size_t i = 0; i < r->sets->n; i++) {
    const hw_mine_set *set = &r->sets->sets[i];
    double expected = r->n_graphs; /* as in hw_mine_lift; nothing is covered yet */
    for (uint32_t k = 0; k < set->n; k++) expected *= (double)r->uncovered[r->sets->members[set->first + k]] / r->n_graphs;
    r->weights[i] = set->n > 1 && expected < set->support ? 1 - expected / set->support : 0;
  }
}

bool hw_mine_rank(const hw_mine_base *base, const hw_mine_sets *sets, size_t most, bool surplus, const hw_mine_limits *limits,
                  hw_mine_pick *picks, size_t *n_picks, bool *in_time, hw_error *err) {
  ranker r = {.base = base, .sets = sets, .n = sets->n};
  *n_picks = 0;
  *in_time = true;
  r.heap = calloc(sets->n + 1, sizeof *r.heap);
  if (surplus) r.weights = calloc(sets->n + 1, sizeof *r.weights);
  r.covered = calloc(base->n_items * base->n_words + 1, sizeof *r.covered);
  r.uncovered = calloc(base->n_items + 1, sizeof *r.uncovered);
  r.graphs = calloc(base->n_words + 1, sizeof *r.graphs);
  bool ok = (r.heap && (r.weights || !surplus) && r.covered && r.uncovered && r.graphs) || hw_fail_memory(err, "the ranking of circuits");
  if (ok) {
    for (size_t i = 0; i < base->n_items; i++) r.uncovered[i] = hw_mine_count(base->bits + i * base->n_words, base->n_words);
    for (size_t g = 0; g < base->n_groups; g++) r.n_graphs += base->group_sizes[g];
    if (surplus) weigh(&r);
    for (size_t i = 0; i < sets->n; i++) /* the first round's numbers are exact */
      r.heap[i] = (candidate){.gain = weighted(&r, i, (uint64_t)sets->sets[i].n * sets->sets[i].support), .set = (uint32_t)i};
    for (size_t i = r.n / 2; i-- > 0;) sink(&r, i);
    *in_time = rank(&r, most, limits, picks, n_picks);
    if (hw_asked_to_stop(limits->hooks)) ok = hw_fail(err, HW_ERROR_INTERRUPTED, "the ranking of circuits was stopped; nothing was stored");
  }
  free(r.heap);
  free(r.weights);
  free(r.covered);
  free(r.uncovered);
  free(r.graphs);
  return ok;
}
