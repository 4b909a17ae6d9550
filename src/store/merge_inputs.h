/* SPDX-License-Identifier: Apache-2.0
 * The files that a merge reads, and the chunks that they have together. */
#ifndef HW_STORE_MERGE_INPUTS_H
#define HW_STORE_MERGE_INPUTS_H

#include "headwater/store.h"
#include "store/merge_rows.h"

typedef struct hw_merge_chunk {
  int64_t chunk_id, first_prompt, n_prompts, n_failed;
  size_t file;
} hw_merge_chunk;

typedef struct hw_merge_chunks {
  hw_merge_chunk *list; /* [n] */
  size_t n, capacity;
} hw_merge_chunks;

typedef struct hw_merge_file {
  hw_store *store;
  hw_prompt_counts counts;
  hw_merge_rows *rows; /* [hw_n_merge_tables] of one chunk, opened when they are needed; all 0: not open */
} hw_merge_file;

typedef struct hw_merge_inputs {
  size_t n;
  hw_merge_file *files;
  hw_merge_chunks chunks; /* of all files, in order of their ids */
  hw_run_info info;
  hw_arena arena;
} hw_merge_inputs;

/* Opens the files and holds each in the state in which it is. Errors: files of several runs, a chunk that two files have, a table that no rule
 * is known of. Close them also after an error. */
bool hw_merge_inputs_open(hw_merge_inputs *inputs, const char *const *paths, size_t n, const hw_hooks *hooks, hw_error *err);
void hw_merge_inputs_close(hw_merge_inputs *inputs);

/* Errors: chunks that are missing, naming the files that lack them. */
bool hw_merge_inputs_check_cover(const hw_merge_inputs *inputs, hw_error *err);

/* Appends the chunks of a store. */
bool hw_merge_read_chunks(hw_store *store, size_t file, hw_merge_chunks *chunks, hw_error *err);
/* The chunk of that id, or NULL. */
const hw_merge_chunk *hw_merge_find_chunk(const hw_merge_chunks *chunks, int64_t chunk_id);

#endif
