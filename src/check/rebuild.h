/* SPDX-License-Identifier: Apache-2.0
 * A database in memory that is made from the rows of another one, chunk by chunk: what it then holds is what the other should hold. */
#ifndef HW_CHECK_REBUILD_H
#define HW_CHECK_REBUILD_H

#include "check/compare.h"
#include "check/rerun.h"

typedef struct hw_check_rebuild {
  hw_check_pair pair;
  const hw_run_info *info;
  hw_check_model *model; /* NULL: none */
  const hw_hooks *hooks;
  hw_arena arena;        /* of a chunk */
  int64_t n_chunks, n_prompts;
  int64_t n_rows[HW_CHECK_MOST_RULES]; /* by rule: rows compared */
  bool incomplete;       /* a chunk could not be read: sums are not known */
} hw_check_rebuild;

/* Makes the empty database. Close with hw_check_rebuild_fini. */
bool hw_check_rebuild_init(hw_check_rebuild *rebuild, hw_store *found, const hw_run_info *info, hw_check_model *model, hw_check_report *report,
                           const hw_hooks *hooks, hw_error *err);
void hw_check_rebuild_fini(hw_check_rebuild *rebuild);

/* Goes through all chunks, then compares the tables that belong to the whole. Errors: as hw_check. */
bool hw_check_rebuild_all(hw_check_rebuild *rebuild, hw_error *err);

#endif
