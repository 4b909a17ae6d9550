/* SPDX-License-Identifier: Apache-2.0
 * What only the model tells: tokens of texts, the vocabulary, what neurons promote, and whole prompts computed again. */
#ifndef HW_CHECK_RERUN_H
#define HW_CHECK_RERUN_H

#include "check/compare.h"
#include "headwater/store.h"
#include "run/job.h"

typedef struct hw_check_model {
  hw_model *model;
  hw_tokenizer *tokenizer;
  const hw_run_info *info;
  hw_job job; /* of the run's settings */
  hw_flow_settings flow;
  hw_arena arena;   /* of a prompt */
  hw_worker worker;
  bool has_worker;
  int64_t n_texts, n_neurons, n_again, n_relevances; /* checked */
} hw_check_model;

/* Opens the run's model. Errors: another model or tokenizer, a run with OpenBLAS, whose bits are those of its kernel and batches. */
bool hw_check_model_open(hw_check_model *m, const hw_check_settings *settings, const hw_run_info *info, hw_check_report *report, hw_error *err);
void hw_check_model_close(hw_check_model *m);

/* The tokens of each text of a chunk. */
bool hw_check_texts(hw_check_model *m, const hw_chunk_record *chunk, hw_check_report *report, hw_error *err);
/* Puts the vocabulary, and the projections of the neurons that pair->found has, into pair->wanted. */
bool hw_check_model_tables(hw_check_model *m, const hw_check_pair *pair, hw_error *err);
/* Runs prompts again, chosen by the seed (settings->sample 0: all), and compares all that is stored of them. */
bool hw_check_sample(hw_check_model *m, const hw_check_pair *pair, const hw_check_settings *settings, hw_error *err);

#endif
