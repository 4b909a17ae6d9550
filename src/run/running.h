/* SPDX-License-Identifier: Apache-2.0
 * A run at work: what its workers share, and its parts. run.c opens all of it, stages.c computes and stores, sample.c measures for a
 * dry run. */
#ifndef HW_RUN_RUNNING_H
#define HW_RUN_RUNNING_H

#include <omp.h>

#include "headwater/store.h"
#include "run/chunk_reader.h"
#include "tensor/team.h"

typedef struct hw_running {
  const hw_job *job;
  const hw_hooks *hooks;
  const hw_model *model;
  const hw_tokenizer *tokenizer;
  const hw_flow_settings *flow;
  const hw_plan *plan;
  hw_shard shard;
  size_t batch_rows, kept_rows, results_bytes; /* results_bytes: part of the summary's worker_bytes */
  hw_chunk_reader reader; /* behind reader_lock */
  bool *done; /* [n_chunks] stored before this process began, or of another shard */
  hw_store *store; /* behind store_lock, as are progress, counts and failure */
  hw_progress progress;
  int64_t n_tokens, n_rows; /* of the workers that are done */
  int n_working;            /* workers that may still take chunks */
  struct hw_helpers *helpers; /* threads without chunks; NULL: there is one thread */
  double started;
  double seconds[HW_RUN_STAGES];
  bool unfinished; /* the user stopped it before all was stored */
  bool failed;
  hw_error *err;
  omp_lock_t reader_lock, store_lock;
} hw_running;

/* Reports what was found in the model's weights and in the data set, before the first chunk. */
void hw_running_tell_inputs(const hw_running *s);

/* The chunks that are not done, then the neurons; true also when the user stopped them. */
bool hw_running_stages(hw_running *s, const hw_plan_summary *summary, hw_error *err);
/* A worker for this run; hw_worker_fini ends it. */
bool hw_running_worker(const hw_running *s, hw_worker *worker, hw_error *err);
/* A chunk ready for the store; none where `chunk` is NULL. */
typedef struct hw_computed_chunk {
  const hw_plan_chunk *chunk;
  hw_encoded_chunk *encoded;
  int64_t n_failed;
} hw_computed_chunk;

/* Prompts of a chunk to an encoded chunk, and where the plan is paired their counterfactuals to another: no lock is held. What is done already
 * is only run where the others need it. */
bool hw_running_compute(const hw_running *s, hw_worker *worker, const hw_plan_chunk *chunk, const hw_row_copy *rows, hw_computed_chunk computed[2],
                        hw_error *err);
void hw_computed_free(hw_computed_chunk computed[2]);
/* Whether the chunk is still to be computed. */
bool hw_running_stores(const hw_running *s, const hw_plan_chunk *chunk);

bool hw_running_put_vocabulary(hw_store *store, const hw_model *model, const hw_tokenizer *tokenizer, hw_error *err);
hw_process_info hw_running_process(const hw_running *s, const hw_plan_summary *summary);

/* One chunk computed by one worker, and stored in a database that is thrown away, tells what the rest will take. */
bool hw_running_measure(hw_running *s, hw_plan_summary *summary, hw_error *err);

#endif
