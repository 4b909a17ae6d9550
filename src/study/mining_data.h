/* SPDX-License-Identifier: Apache-2.0
 * A database as the search for circuits sees it. */
#ifndef HW_STUDY_MINING_DATA_H
#define HW_STUDY_MINING_DATA_H

#include "mine/mine.h"
#include "headwater/mining.h"
#include "sqlite/connection.h"
#include "study/roles.h"

typedef struct hw_mining_data {
  hw_arena arena;              /* holds all below but the bitmaps */
  const char *role_names[HW_ROLE_IDS]; /* NULL: there is no such role */
  bool wanted[HW_ROLE_IDS];
  bool parallel_block; /* of the model */
  size_t n_graphs;
  int64_t *graph_ids; /* [n_graphs] ascending */
  uint32_t *bit_of;   /* [n_graphs] place in the bitmaps, where graphs lie group by group */
  int64_t *group_ids; /* [base.n_groups] */
  size_t n_small_groups; /* below HW_MINE_GROUP_LEAST graphs */
  uint64_t *all;      /* [base.n_words] every graph */
  uint64_t *bits;     /* base.bits, owned */
  hw_mine_base base;  /* frequent items only */
  size_t n_items_cut; /* frequent ones that the memory did not hold */
  int64_t most_cut;   /* graphs of the most frequent of these */
} hw_mining_data;

/* Errors: INPUT for an unknown role, with the nearest one. */
bool hw_mining_load(hw_store *store, const hw_mining_settings *settings, hw_mining_data *data, hw_error *err);
void hw_mining_data_fini(hw_mining_data *data);
/* Bytes that the data take, with as many again for the bitmap of what the ranking has covered. */
size_t hw_mining_data_bytes(const hw_mining_data *data);

/* Calls visit(context, index of the graph, importance in 1e-6) for each graph that has the item, in order of graph_id. */
typedef void (*hw_graph_visitor)(void *context, size_t graph, uint32_t importance);
bool hw_mining_visit(hw_store *store, const hw_mining_data *data, uint32_t item, hw_graph_visitor visit, void *context,
                     hw_error *err);

/* mining_put.c: stores a mining with its circuits, in a transaction of its own. */
bool hw_mining_put(hw_store *store, const hw_mining_data *data, const hw_mining_settings *settings, const hw_mine_sets *sets,
                   const hw_mine_pick *picks, size_t n_picks, hw_mining_summary *summary, hw_error *err);

#endif
