/* SPDX-License-Identifier: Apache-2.0
 * Closed frequent sets by divide and conquer, as for closed sets of a strongly accessible system (Boley, Horvath, Poigne,
 * Wrobel 2010). find(C, B): all closed sets that contain C and nothing of B. For an item e that may be added to C: those with
 * e contain the closure of C + e; those without it are find(C, B + e). A closure that meets B belongs to a branch that was
 * searched before. Without the condition of being connected this is LCM's prefix-preserving extension (Uno et al. 2004): B is
 * the prefix. Connected: only neighbours of C may be added, and the closure adds only neighbours of what it has.
 * Each set is found exactly once and no set is kept for comparing. */
#include <stdlib.h>
#include <string.h>

#include "mine/mine.h"
#include "base/progress.h"
#include "base/text.h"
#include "mine/bits.h"

typedef struct entry { /* an item that is frequent together with the set at work */
  uint32_t item;       /* index */
  uint32_t count;      /* support of set + item */
  bool excluded;       /* in B */
} entry;

typedef struct level { /* of the recursion: a set C */
  uint64_t *graphs;    /* [n_words] that have it */
  uint64_t *neighbours; /* [item_words] neighbours of its items */
  entry *entries;      /* items outside of C */
  size_t n;
} level;

typedef enum stop { RUNNING, OUT_OF_TIME, OUT_OF_MEMORY, NO_MEMORY, INTERRUPTED } stop;

typedef struct results {
  hw_mine_sets sets;
  size_t sets_capacity, n_members, members_capacity;
} results;

typedef struct finder {
  const hw_mine_base *base;
  const hw_mine_limits *limits;
  size_t n_parts;         /* groups that decide what is frequent: one of all graphs, or each */
  const size_t *part_ends;
  uint32_t *least;        /* [n_parts] graphs */
  size_t all_words;
  size_t item_words;      /* of a bitmap over items */
  uint64_t *neighbours;   /* [n_items, item_words]; NULL: sets need not be connected */
  level *levels;          /* [n_items + 1], made at first use */
  size_t n_levels;        /* whole ones */
  uint32_t *set;          /* C, in order of addition */
  size_t n_set;
  results found;
  size_t bytes;           /* in use */
  double deadline;
  stop stop;
} finder;

bool hw_items_are_neighbours(uint32_t a, uint32_t b) {
  uint32_t source_a = hw_item_source(a), target_a = hw_item_target(a), source_b = hw_item_source(b), target_b = hw_item_target(b);
  return source_a == source_b || target_a == target_b || (target_a == source_b && hw_item_layer(a) < hw_item_layer(b)) ||
         (target_b == source_a && hw_item_layer(b) < hw_item_layer(a));
}

uint32_t hw_mine_least(double share, uint32_t n, bool by_group) {
  if (by_group && n < HW_MINE_GROUP_LEAST) return UINT32_MAX;
  double graphs = share * n;
  uint32_t least = (uint32_t)graphs;
  /* 0.07 * 100 is 7.000000000000001 in double, which must give 7 graphs, not 8. */
  if (graphs - least > 1e-9 * n) least++;
  if (by_group && least < HW_MINE_GROUP_LEAST) least = HW_MINE_GROUP_LEAST;
  return least > 0 ? least : 1;
}

/* ---- memory, all of it counted ---- */

static void *take(finder *f, size_t count, size_t size) {
  if (size && count > (SIZE_MAX / 2 - f->bytes) / size) return f->stop = NO_MEMORY, NULL;
  if (f->bytes + count * size > f->limits->bytes) return f->stop = OUT_OF_MEMORY, NULL;
  void *memory = calloc(count + 1, size);
  if (!memory) return f->stop = NO_MEMORY, NULL;
  f->bytes += count * size;
  return memory;
}

static bool make_level(finder *f, size_t depth) {
  if (depth < f->n_levels) return true;
  level *l = &f->levels[depth];
  /* A search that ran out of memory here may have left some of them. */
  if (!l->graphs && !(l->graphs = take(f, f->base->n_words, sizeof *l->graphs))) return false;
  if (!l->neighbours && !(l->neighbours = take(f, f->item_words, sizeof *l->neighbours))) return false;
  if (!l->entries && !(l->entries = take(f, f->base->n_items, sizeof *l->entries))) return false;
  f->n_levels = depth + 1;
  return true;
}

/* Grows a list of the result to at least `wanted` rows; each counts as `counted` bytes. */
static bool grow_list(finder *f, void **list, size_t *capacity, size_t wanted, size_t size, size_t counted) {
  if (wanted <= *capacity) return true;
  size_t left = (f->limits->bytes - f->bytes) / counted, larger = *capacity + *capacity / 2;
  if (larger < wanted + 1024) larger = wanted + 1024;
  if (larger - *capacity > left) larger = *capacity + left;
  if (larger < wanted) return f->stop = OUT_OF_MEMORY, false;
  void *grown = realloc(*list, larger * size);
  if (!grown) return f->stop = NO_MEMORY, false;
  f->bytes += (larger - *capacity) * counted;
  *list = grown;
  *capacity = larger;
  return true;
}

/* The ranking holds a row and a weight a set. */
enum { SET_BYTES = sizeof(hw_mine_set) + 24 };

static void drop_results(finder *f, results *r) {
  f->bytes -= r->sets_capacity * SET_BYTES + r->members_capacity * sizeof *r->sets.members;
  hw_mine_sets_fini(&r->sets);
  *r = (results){0};
}

/* ---- the search ---- */

static int compare_members(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static bool report(finder *f, uint32_t support) {
  results *r = &f->found;
  if (!grow_list(f, (void **)&r->sets.sets, &r->sets_capacity, r->sets.n + 1, sizeof *r->sets.sets, SET_BYTES) ||
      !grow_list(f, (void **)&r->sets.members, &r->members_capacity, r->n_members + f->n_set, sizeof *r->sets.members,
                 sizeof *r->sets.members))
    return false;
  uint32_t *members = r->sets.members + r->n_members;
  memcpy(members, f->set, f->n_set * sizeof *members);
  qsort(members, f->n_set, sizeof *members, compare_members);
  r->sets.sets[r->sets.n++] = (hw_mine_set){.first = r->n_members, .n = (uint32_t)f->n_set, .support = support};
  r->n_members += f->n_set;
  return true;
}

/* Graphs that have the item too; frequent: enough of them. */
static uint32_t count_with(const finder *f, const uint64_t *graphs, uint32_t item, bool *frequent) {
  const uint64_t *bits = f->base->bits + item * f->base->n_words;
  uint64_t sum = 0;
  *frequent = false;
  for (size_t p = 0, first = 0; p < f->n_parts; first = f->part_ends[p++]) {
    uint64_t n = hw_bits_count_and(graphs + first, bits + first, f->part_ends[p] - first);
    *frequent = *frequent || n >= f->least[p];
    sum += n;
  }
  return (uint32_t)sum;
}

static bool is_neighbour(const finder *f, const level *l, uint32_t item) { return !f->neighbours || hw_bit(l->neighbours, item); }

static void add_to_set(finder *f, level *l, uint32_t item) {
  f->set[f->n_set++] = item;
  if (f->neighbours) hw_bits_or(f->neighbours + item * f->item_words, f->item_words, l->neighbours);
}

/* Closes the set: adds every item that all graphs of the level have. False when one of them is in B: that closed set was found in
 * an earlier branch. */
static bool close_set(finder *f, level *l, uint32_t support) {
  for (bool added = true; added;) {
    size_t kept = 0;
    added = false;
    for (size_t i = 0; i < l->n; i++) {
      entry e = l->entries[i];
      if (e.count != support || !is_neighbour(f, l, e.item)) {
        l->entries[kept++] = e;
        continue;
      }
      if (e.excluded) return false;
      add_to_set(f, l, e.item);
      added = f->neighbours != NULL;
    }
    l->n = kept;
  }
  return true;
}

/* The level below: C + e with its graphs and the items that stay frequent. */
static bool extend(finder *f, const level *l, level *below, const entry *e) {
  hw_bits_and(l->graphs, f->base->bits + e->item * f->base->n_words, f->base->n_words, below->graphs);
  if (f->n_set) memcpy(below->neighbours, l->neighbours, f->item_words * sizeof *l->neighbours);
  else memset(below->neighbours, 0, f->item_words * sizeof *l->neighbours);
  add_to_set(f, below, e->item);
  below->n = 0;
  for (size_t i = 0; i < l->n; i++) {
    const entry *other = &l->entries[i];
    bool frequent;
    if (other == e) continue;
    uint32_t count = count_with(f, below->graphs, other->item, &frequent);
    if (!frequent) continue;
    if (other->excluded && count == e->count && is_neighbour(f, below, other->item)) return false;
    below->entries[below->n++] = (entry){.item = other->item, .count = count, .excluded = other->excluded};
  }
  return close_set(f, below, e->count);
}

static void find(finder *f, size_t depth) {
  level *l = &f->levels[depth];
  for (size_t i = 0; i < l->n; i++) {
    entry *e = &l->entries[i];
    if (e->excluded || (f->n_set && !is_neighbour(f, l, e->item))) continue;
    if (hw_clock_seconds() > f->deadline) f->stop = OUT_OF_TIME;
    if (hw_asked_to_stop(f->limits->hooks)) f->stop = INTERRUPTED;
    if (f->stop || !make_level(f, depth + 1)) return;
    size_t n_set = f->n_set;
    if (extend(f, l, &f->levels[depth + 1], e)) {
      if (!report(f, e->count)) return;
      find(f, depth + 1);
      if (f->stop) return;
    }
    f->n_set = n_set;
    e->excluded = true;
  }
}

static int compare_entries(const void *a, const void *b) {
  const entry *x = a, *y = b;
  if (x->count != y->count) return x->count < y->count ? -1 : 1;
  return (x->item > y->item) - (x->item < y->item);
}

static bool make_neighbours(finder *f) {
  const hw_mine_base *base = f->base;
  if (!(f->neighbours = take(f, base->n_items * f->item_words, sizeof *f->neighbours))) return false;
  for (size_t i = 0; i < base->n_items; i++)
    for (size_t k = 0; k < base->n_items; k++)
      if (k != i && hw_items_are_neighbours(base->items[i], base->items[k])) hw_bit_set(f->neighbours + i * f->item_words, k);
  return true;
}

/* Finds all sets with this share of the graphs. Items are taken in order of rising support: the branch of a rare item is small, and
 * an item that was searched is excluded (put into B) in the branches after it, which then break off more often. */
static void find_all(finder *f, double share, double deadline) {
  const hw_mine_base *base = f->base;
  uint32_t n_graphs = 0;
  for (size_t g = 0; g < base->n_groups; g++) n_graphs += base->group_sizes[g];
  for (size_t p = 0; p < f->n_parts; p++)
    f->least[p] = hw_mine_least(share, f->limits->by_group ? base->group_sizes[p] : n_graphs, f->limits->by_group);
  f->stop = RUNNING;
  f->deadline = deadline;
  f->n_set = f->found.n_members = f->found.sets.n = 0;
  level *l = &f->levels[0];
  memset(l->graphs, 0xff, base->n_words * sizeof *l->graphs);
  l->n = 0;
  for (uint32_t i = 0; i < base->n_items; i++) {
    bool frequent;
    uint32_t count = count_with(f, l->graphs, i, &frequent);
    if (frequent) l->entries[l->n++] = (entry){.item = i, .count = count};
  }
  if (l->n) qsort(l->entries, l->n, sizeof *l->entries, compare_entries);
  find(f, 0);
}

static bool init(finder *f, const hw_mine_base *base, const hw_mine_limits *limits) {
  *f = (finder){.base = base, .limits = limits, .all_words = base->n_words, .item_words = (base->n_items + 63) / 64};
  f->n_parts = limits->by_group ? base->n_groups : 1;
  f->part_ends = limits->by_group ? base->group_ends : &f->all_words;
  return (f->least = take(f, f->n_parts, sizeof *f->least)) && (f->levels = take(f, base->n_items + 1, sizeof *f->levels)) &&
         (f->set = take(f, base->n_items + 1, sizeof *f->set)) && (!limits->connected || make_neighbours(f)) && make_level(f, 0);
}

static void fini(finder *f) {
  for (size_t i = 0; f->levels && i <= f->base->n_items; i++) {
    free(f->levels[i].graphs);
    free(f->levels[i].neighbours);
    free(f->levels[i].entries);
  }
  free(f->levels);
  free(f->neighbours);
  free(f->least);
  free(f->set);
}

/* Searches at falling shares, each a fifth below the one before. High shares are cheap: all searches together cost little more
 * than the last. Leaves the sets of the lowest level that could be finished, and returns its share; 2 when none could. */
static double find_downwards(finder *f) {
  enum { MOST = 64 };
  const double least = f->limits->min_support;
  double shares[MOST], finished = 2;
  int n = 0;
  for (double share = least; share <= 1 && n < MOST; share /= 0.8) shares[n++] = share;
  results best = {0};
  drop_results(f, &f->found);
  while (n-- > 0) {
    find_all(f, shares[n], f->limits->deadline);
    if (f->stop) break;
    drop_results(f, &best);
    best = f->found;
    f->found = (results){0};
    finished = shares[n];
  }
  if (finished > 1) return finished;
  drop_results(f, &f->found);
  f->found = best;
  return finished;
}

bool hw_mine_sets_find(const hw_mine_base *base, const hw_mine_limits *limits, hw_mine_sets *sets, hw_error *err) {
  finder f;
  *sets = (hw_mine_sets){0};
  if (!init(&f, base, limits)) {
    bool limited = f.stop == OUT_OF_MEMORY;
    fini(&f);
    if (!limited) return hw_fail_memory(err, "the search for circuits");
    return hw_fail(err, HW_ERROR_MEMORY, "the memory limit leaves %zu bytes for the search among %zu edges: too little",
                   limits->bytes, base->n_items);
  }
  double start = hw_clock_seconds(), complete = limits->min_support;
  find_all(&f, complete, start + (limits->deadline - start) / 2);
  if (f.stop == OUT_OF_TIME || f.stop == OUT_OF_MEMORY) complete = find_downwards(&f);
  *sets = f.found.sets;
  sets->complete_support = complete;
  sets->out_of_time = f.stop == OUT_OF_TIME;
  sets->out_of_memory = f.stop == OUT_OF_MEMORY;
  fini(&f);
  if (f.stop != NO_MEMORY && f.stop != INTERRUPTED) return true;
  hw_mine_sets_fini(sets);
  return f.stop == INTERRUPTED ? hw_fail(err, HW_ERROR_INTERRUPTED, "the search for circuits was stopped; nothing was stored")
                               : hw_fail_memory(err, "the search for circuits");
}

void hw_mine_sets_fini(hw_mine_sets *sets) {
  free(sets->sets);
  free(sets->members);
  *sets = (hw_mine_sets){0};
}
