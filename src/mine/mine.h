/* SPDX-License-Identifier: Apache-2.0
 * Recurring circuits: closed frequent sets of items, found exactly, ranked by greedy tiling. Pure arithmetic on bitmaps; reading
 * them from a database is up to the caller (mining.h).
 *
 * An item is an edge aligned by role (graph/keys.h). A graph has an item or has it not; the support of a set of items = the number of graphs that have all of them.
 *
 * NEIGHBOURS. A role is one residual line through all layers: what is written on it can be read in every later layer. An
 * attention item of layer l reads its source's line at I{l-1} and writes its target's at A{l}; an FFN item reads and writes
 * the line of its one role, at A{l} and I{l}. In a parallel block both read at I{l-1} and write at I{l}. Two items are neighbours when
 *   - they write the same line (equal target roles), or
 *   - they read the same line (equal source roles), or
 *   - one feeds the other: its target role is the other's source role, and its layer is the lower one.
 * Not neighbours: items that touch a line in common only because one reads it before the other writes it. Equal roles of
 * different tokens of a prompt are one line. (An FFN item therefore neighbours all that touch its role's line.)
 * A set is connected when the graph of neighbours on it is.
 *
 * CLOSED: no item can be added without losing a graph. CLOSED AND CONNECTED: connected, and no neighbour of one of its items can
 * be added without losing a graph; these are exactly the connected components of the closed sets. */
#ifndef HW_MINE_MINE_H
#define HW_MINE_MINE_H

#include <stddef.h>
#include <stdint.h>

#include "graph/keys.h"
#include "headwater/buffer.h"
#include "headwater/error.h"
#include "headwater/hooks.h"

bool hw_items_are_neighbours(uint32_t a, uint32_t b);

/* The data set by column: a bitmap of graphs for each item. Borrowed. Bits of a group fill its words from the lowest on; a
 * group begins with a fresh word, and the bits behind its last graph are 0 in every bitmap. */
typedef struct hw_mine_base {
  size_t n_items;
  const uint32_t *items; /* [n_items] ascending */
  size_t n_words;
  const uint64_t *bits; /* [n_items, n_words] */
  size_t n_groups;             /* at least one */
  const size_t *group_ends;    /* [n_groups] word behind the group's last */
  const uint32_t *group_sizes; /* [n_groups] graphs */
} hw_mine_base;

/* A set is frequent when its share of the graphs is at least min_support; by group: in at least one group, and in
 * HW_MINE_GROUP_LEAST graphs of it. A group of fewer graphs makes no set frequent. */
enum { HW_MINE_GROUP_LEAST = 10 };
/* Graphs out of n that make a share; UINT32_MAX for a group that is too small. */
uint32_t hw_mine_least(double share, uint32_t n, bool by_group);

typedef struct hw_mine_limits {
  double min_support; /* in (0, 1] */
  bool by_group, connected;
  double deadline; /* hw_clock_seconds() when the search has to end */
  size_t bytes;    /* for the sets and the work space of search and ranking, without the base */
  const hw_hooks *hooks; /* its `stop` ends search and ranking with INTERRUPTED; may be NULL */
} hw_mine_limits;

typedef struct hw_mine_set {
  size_t first; /* in members */
  uint32_t n;
  uint32_t support; /* graphs, all groups */
} hw_mine_set;

typedef struct hw_mine_sets {
  size_t n;
  hw_mine_set *sets;
  uint32_t *members;       /* indices into base.items, ascending in each set */
  double complete_support; /* ALL sets with this share are here; == min_support when nothing was cut, > 1: the sets of no share are complete */
  bool out_of_time, out_of_memory; /* why it is more than min_support */
} hw_mine_sets;

/* Finds every closed (and connected) frequent set with at least one item. When time or memory do not suffice, it starts again
 * from high supports downwards, and gives the sets of the lowest share that was finished: complete_support. Only if not even the highest
 * was, the sets of a search broken off. Deterministic but for where a deadline falls. Errors: MEMORY, INTERRUPTED. */
bool hw_mine_sets_find(const hw_mine_base *base, const hw_mine_limits *limits, hw_mine_sets *sets, hw_error *err);
void hw_mine_sets_fini(hw_mine_sets *sets);

typedef struct hw_mine_pick {
  size_t set;        /* index into sets.sets */
  uint64_t new_cells; /* (item, graph) pairs that no pick before covers */
} hw_mine_pick;

/* Support against what independent items would have: support / (graphs * product of the items' shares). 1 for one item. */
double hw_mine_lift(const hw_mine_base *base, const uint32_t *members, size_t n, uint64_t support);

/* Greedy tiling: a set covers the pairs (its items) x (its graphs). Picks, again and again, the set that covers most pairs that
 * are not covered yet (ties: more items, then the lower item ids), at most `most` of them, until nothing is left to cover.
 * surplus: pairs are weighted by the share of the set's graphs that chance does not explain, max(0, 1 - 1 / lift): edges that
 * are just frequent, alone or together, no longer lead. Of the limits only deadline and hooks count. in_time: false when the deadline came first; the picks so far are right.
 * Errors: MEMORY, INTERRUPTED. */
bool hw_mine_rank(const hw_mine_base *base, const hw_mine_sets *sets, size_t most, bool surplus, const hw_mine_limits *limits,
                  hw_mine_pick *picks, size_t *n_picks, bool *in_time, hw_error *err);

/* Graphs that have all items of the set: out[n_words]. `without`: an index into members that is left out, SIZE_MAX for none;
 * the graphs of a set without members are those of nothing: all bits 1. Returns their number. */
uint64_t hw_mine_graphs(const hw_mine_base *base, const uint32_t *members, size_t n, size_t without, uint64_t *out);
/* Bits set in a and not in b. */
uint64_t hw_mine_count_without(const uint64_t *a, const uint64_t *b, size_t n_words);
uint64_t hw_mine_count(const uint64_t *a, size_t n_words);

/* The set as paths along the flow, each item once: "IO -L2H3-> END; S1 -L0H1-> S2 -FFN1- S2 -L3H0-> END". The longest
 * path first, then the longest of what is left. An FFN follows attention of its own layer, unless the block is parallel. Items ascending. */
void hw_mine_paths(const uint32_t *items, size_t n, bool parallel_block, const char *const *role_names, size_t n_roles, hw_buffer *out);

#endif
