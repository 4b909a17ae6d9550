/* SPDX-License-Identifier: Apache-2.0
 * The plan: one pass over the data set measures its prompts, cuts them into chunks, finds the groups and hashes all that decides the content. */
#ifndef HW_RUN_PLAN_H
#define HW_RUN_PLAN_H

#include "base/file.h"
#include "headwater/dataset.h"
#include "run/job.h"
#include "headwater/store.h"
#include "run/groups.h"
#include "run/roles.h"

typedef struct hw_plan_chunk {
  int64_t first_prompt;
  uint32_t n_prompts, n_tokens;
  size_t n_graphs;
  uint64_t content; /* hash of its rows */
  bool counterfactual; /* of rows first_prompt - n_rows on */
} hw_plan_chunk;

typedef struct hw_plan_prompt {
  uint64_t content;  /* hash of its row */
  uint32_t n_tokens, n_targets; /* 0 of a prompt that cannot be traced */
} hw_plan_prompt;

typedef struct hw_cases {
  int64_t n, first; /* first: prompt_id, where n is not 0 */
} hw_cases;

typedef struct hw_plan {
  hw_arena arena;
  const char *path;    /* of the data set, borrowed from the job */
  const hw_hooks *hooks;
  hw_dataset *dataset; /* rewind it before a pass over the rows */
  hw_plan_prompt *prompts; /* [n_prompts] while the chunks are cut, then NULL */
  size_t prompts_capacity;
  int64_t chunk_tokens; /* the job's, or a default by the amount of text */
  hw_plan_chunk *chunks;
  size_t n_chunks, capacity;
  bool paired; /* chunk i has the prompts of the counterfactuals in chunk i + n_chunks / 2, and both are computed together */
  int64_t n_rows;    /* of the data set; their counterfactuals, when traced, are prompts n_rows, n_rows + 1... */
  int64_t n_prompts, n_tokens, n_unreadable;
  int64_t n_counterfactuals; /* rows that have one; only of a plan that was measured */
  int64_t n_broken;          /* rows with a problem, likewise */
  const char *broken;        /* of the first of them: its line and why; NULL: none */
  hw_batch_shape largest; /* the largest of each number over all prompts and chunks */
  int64_t n_double_bos, n_answers_several, n_answers_shared, n_answers_contained, n_answers_cut_alike, n_answers_cut, n_answers_dropped;
  hw_cases prompts_end_in_space, answers_end_in_space;
  int64_t n_answers;           /* of prompts that can be traced: answers and foils */
  hw_cases spaced, odd_spaced; /* with a space put before them by --answer-joint auto; of these, between two digits or before punctuation */
  hw_cases own_values;         /* prompts with columns that hw_is_own_value */
  int64_t n_ambiguous_roles;   /* prompts with such columns */
  const char *ambiguous_roles; /* of the first of them; NULL: none */
  int64_t n_hidden_roles;      /* prompts with marked tokens that have another role */
  const char *hidden_roles;    /* of the first of them; NULL: none */
  int64_t n_graphs[2]; /* of the rows, of their counterfactuals */
  hw_groups groups;
  hw_roles roles;
  hw_run_info info; /* strings live in the arena */
} hw_plan;

/* Opens the data set; hooks live as long as the plan. The plan is closed also after an error. */
bool hw_plan_open(const hw_job *job, const hw_hooks *hooks, hw_plan *plan, char hash[HW_HASH_HEX], hw_error *err);
/* Reads the opened data set, once for its rows, and once more for their counterfactuals. Errors: INTERRUPTED when the user stops it. */
bool hw_plan_measure(const hw_job *job, const hw_flow_settings *flow, const hw_model *model, const hw_tokenizer *tokenizer, const char *hash, hw_plan *plan,
                     hw_error *err);
/* Sets plan->info when all else is known. */
bool hw_plan_fill_info(hw_plan *plan, const hw_job *job, const hw_flow_settings *flow, const hw_model *model, const hw_tokenizer *tokenizer,
                       const char *dataset_hash, hw_error *err);
void hw_plan_close(hw_plan *plan);

/* What a shard takes as a whole: a chunk, or a pair of them, by a number of its own. */
static inline size_t hw_plan_unit(const hw_plan *plan, size_t chunk) { return plan->paired ? chunk % (plan->n_chunks / 2) : chunk; }

/* Hash of all that decides the content: version, fingerprints, settings. In the arena; NULL and err filled when memory is short. */
const char *hw_run_fingerprint(const hw_run_info *info, hw_arena *arena, hw_error *err);

/* The keys of values that the run writes itself, where it noticed something in a prompt. A column of the data set with such a name is not stored. */
enum { HW_OWN_VALUES = 4 };
extern const char *const hw_own_values[HW_OWN_VALUES];
bool hw_is_own_value(const char *key);

/* Hash of a row's columns with their names, or of why it cannot be read. */
uint64_t hw_plan_row_content(const hw_row *row);
/* hw_plan_chunk.content with one more row; 0 before the first. */
uint64_t hw_plan_add_content(uint64_t content, uint64_t row_content);

/* Puts a computed prompt together as the store wants it; everything is borrowed or in the arena. */
bool hw_make_prompt_record(const hw_plan *plan, const hw_row *row, uint32_t group, bool counterfactual, const hw_prompt_input *input,
                      const hw_prompt_result *result, hw_arena *arena, hw_prompt_record *record, hw_error *err);
/* The part of a record that the model computes: graphs, answer and foil. */
bool hw_take_result(const hw_prompt_input *input, const hw_prompt_result *result, hw_arena *arena, hw_prompt_record *record, hw_error *err);

#endif
