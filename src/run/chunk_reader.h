/* SPDX-License-Identifier: Apache-2.0
 * Reads the data set again, chunk by chunk, to compute what the plan has measured. The file may have changed since: each chunk's
 * rows are compared with those that the plan read. */
#ifndef HW_RUN_CHUNK_READER_H
#define HW_RUN_CHUNK_READER_H

#include "run/plan.h"

typedef struct hw_row_copy { /* a data set row that outlives the reader's next step */
  hw_row row;
  uint32_t group, counterfactual_group; /* the second where its counterfactual is computed */
} hw_row_copy;

typedef struct hw_chunk_reader { /* one thread at a time */
  const hw_plan *plan;
  size_t next_chunk;
  int64_t n_rows;       /* read in this pass over the data set */
  bool counterfactuals; /* the second pass: their prompts come after all rows */
} hw_chunk_reader;

/* Reads the plan's own data set, which stays open: a file that takes its place under the same name is not read. */
bool hw_chunk_reader_open(hw_chunk_reader *reader, const hw_plan *plan, hw_error *err);

/* Rows of the next chunk for which done[chunk] is false, in the arena; *chunk is NULL at the end. In a paired plan the chunk of counterfactuals
 * follows by the same rows: it is given by itself only where that of its prompts is done. Errors: rows that are not those
 * of the plan, INPUT. */
bool hw_chunk_reader_next(hw_chunk_reader *reader, const bool *done, hw_arena *arena, const hw_plan_chunk **chunk, hw_row_copy **rows,
                          hw_error *err);

#endif
