/* SPDX-License-Identifier: Apache-2.0
 * What the answers of a run's prompts depend on. */
#ifndef HW_RUN_RELEVANCE_H
#define HW_RUN_RELEVANCE_H

#include "headwater/store.h"
#include "run/job.h"

/* The settings of a job: both passes off for --relevance none. */
hw_relevance_settings hw_job_relevance(const hw_job *job);

/* A prompt of a sub-batch whose relevances are wanted. */
typedef struct hw_explained {
  const hw_prompt_input *input;
  hw_prompt_result *result;
  size_t prompt, reference; /* in the batch; reference: HW_NO_REFERENCE where it cannot be run */
} hw_explained;

/* Why a prompt has no counterfactual to be compared with, from the reason why that failed. */
bool hw_counterfactual_failure(const char *failure, hw_arena *arena, const char **reason, hw_error *err);

/* Sets `relevance` of n results from the worker's activations, a part of the prompts at a time. */
bool hw_explain(hw_worker *worker, const hw_explained *prompts, size_t n, hw_error *err);

/* What that takes of a worker's memory for sub-batches and chunks of this shape. */
size_t hw_explain_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t batch_rows, const hw_batch_shape *shape);

/* The reason of a prompt whose foil was given and lost. */
#define HW_FOIL_LOST "the foil has no token that the model can be asked about"

typedef struct hw_relevance_kept {
  bool contrast;
  double threshold, floor; /* see hw_relevance_rows */
} hw_relevance_kept;

/* Relevances that have no reason, as a database keeps them, in the arena. NULL: MEMORY. */
const hw_relevance_rows *hw_relevance_round(const hw_relevance *from, const hw_relevance_kept *kept, const hw_model_config *config, size_t n_tokens, hw_arena *arena, hw_error *err);

/* The records of a prompt, in the arena; none where relevances were not asked for. */
bool hw_list_relevances(const hw_job *job, const hw_model_config *config, const hw_prompt_input *input, const hw_prompt_result *result, hw_arena *arena,
                        hw_prompt_record *record, hw_error *err);

#endif
