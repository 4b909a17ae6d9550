/* SPDX-License-Identifier: Apache-2.0
 * Recurring circuits of a database: reads the index of role-aligned edges, searches (mine.h), and writes what it found into
 * tables of their own (sql/mining/schema.sql), in one transaction. Counterfactual prompts are left out. */
#ifndef HEADWATER_MINING_H
#define HEADWATER_MINING_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/hooks.h"
#include "headwater/store.h"
#include "headwater/query.h"

HW_BEGIN_C

/* The largest settings that are taken; of the command line as well. */
enum { HW_MINING_MOST_CIRCUITS = 10000, HW_MINING_MOST_SECONDS = 10000000, HW_MINING_MOST_MIB = 1 << 24 };

typedef struct hw_mining_settings {
  double min_support; /* share of the graphs, in (0, 1] */
  bool ffn;           /* FFN edges as well as those of heads */
  const char *roles;  /* "IO,S1,END": edges between these; "all"; NULL: all but the nameless rest "-" and BOS */
  bool by_group;      /* frequent in at least one group is enough, of 10 graphs or more */
  bool connected;
  bool surplus;       /* rank by what chance does not explain, see hw_mine_rank */
  size_t top;         /* circuits to keep, at least 1; no part of what makes two minings the same, nor are the limits */
  double seconds;     /* for reading, search and ranking, above 0 */
  size_t bytes;       /* for bitmaps, sets and work space, at least 1 */
  const hw_hooks *hooks; /* may be NULL */
} hw_mining_settings;

typedef struct hw_mining_summary {
  int64_t mining_id;
  int64_t n_graphs, n_items, n_items_cut, n_sets, n_circuits;
  int64_t n_groups;        /* with graphs */
  int64_t n_small_groups;  /* of these, with fewer than 10 graphs: by group, they make nothing frequent */
  bool complete;
  double complete_support; /* > 1: no level was finished */
  char roles[1024];        /* that were taken */
  char note[512];          /* what was cut, "" when nothing was */
} hw_mining_summary;

/* Mines the database at `path`. A mining with the same parameters is replaced. Errors: IO when another process writes into
 * the file or it cannot be written, INPUT for an unknown role, a number out of its range, by group where no group has 10 graphs, or a file that is none of ours or is damaged, MEMORY when not even
 * the smallest search fits. The file is unchanged then. */
HW_API bool hw_store_mine(const char *path, const hw_mining_settings *settings, hw_mining_summary *summary, hw_error *err);

/* Deletes a mining with its circuits. hooks may be NULL. Errors: INPUT when there is none of this number. */
HW_API bool hw_mining_delete(const char *path, int64_t mining_id, const hw_hooks *hooks, hw_error *err);

HW_END_C

#endif
