/* SPDX-License-Identifier: Apache-2.0
 * The options of a job, and what becomes of a row of its data set. */
#ifndef HW_RUN_JOB_H
#define HW_RUN_JOB_H

#include "base/option.h"
#include "dataset/spans.h"
#include "headwater/run.h"

hw_option_table hw_job_options(void); /* rows for struct hw_job */

/* Errors: INPUT for what is outside of the ranges of the command line. */
bool hw_analysis_check(const hw_analysis *analysis, hw_error *err);

/* One of n processes that make the databases of a run together: it takes the chunks whose index divided by n leaves k - 1. */
typedef struct hw_shard {
  int64_t k, n; /* 1 of 1: all chunks */
} hw_shard;

/* Errors: a text that is not K/N with 1 <= K <= N. */
bool hw_job_shard(const hw_job *job, hw_shard *shard, hw_error *err);
static inline bool hw_shard_takes(hw_shard shard, size_t chunk) { return (int64_t)(chunk % (size_t)shard.n) == shard.k - 1; }

extern const char *const hw_relevance_names[]; /* of HW_RELEVANCE_..., NULL-terminated */

/* Whether a prompt is computed together with its counterfactual. */
bool hw_job_pairs(const hw_job *job);

/* The threshold of relevances. */
double hw_job_relevance_threshold(const hw_job *job);
double hw_job_relevance_floor(const hw_job *job);

/* Whether its workers share prefixes. */
bool hw_job_shares_prefixes(const hw_job *job);

/* The prompt of a data set row, or its counterfactual: its spans taken out (job->spans) or read from role.* columns, then as
 * hw_prompt_prepare. A row that cannot be read, or whose spans are wrong, has a `failure`. */
bool hw_prompt_from_row(const hw_model *model, const hw_tokenizer *tokenizer, const hw_job *job, const hw_row *row, bool counterfactual,
                        hw_arena *arena, hw_prompt_input *input, hw_error *err);

/* Sets `clean` of a counterfactual that has no spans of its own, from the same row. */
bool hw_prompt_find_clean(const hw_model *model, const hw_tokenizer *tokenizer, const hw_job *job, const hw_row *row, hw_arena *arena,
                          hw_prompt_input *input, hw_error *err);

#endif
