/* SPDX-License-Identifier: Apache-2.0
 * How fast a model is traced here, stage by stage, against this machine's own limit. */
#ifndef HEADWATER_BENCH_H
#define HEADWATER_BENCH_H

#include "headwater/model.h"

HW_BEGIN_C

/* The stages of a trace with default options. FORWARD: the forward pass without an unembedding. PREDICTION: the last position unembedded. A
 * bare forward pass is these two. */
typedef enum hw_bench_stage {
  HW_BENCH_FORWARD,
  HW_BENCH_PREDICTION,
  HW_BENCH_GRAPH,
  HW_BENCH_NEURONS,
  HW_BENCH_PROJECTIONS,
  HW_BENCH_STAGES
} hw_bench_stage;
HW_API const char *hw_bench_stage_name(hw_bench_stage stage);

/* Of prompts of one length. */
typedef struct hw_bench_row {
  size_t n_tokens;                /* in */
  size_t n_prompts;               /* that were measured, over all threads */
  double seconds[HW_BENCH_STAGES]; /* processor time a prompt: medians over repetitions */
  double flop[HW_BENCH_STAGES];    /* floating-point operations a prompt; 0 where they are no matrix products */
} hw_bench_row;

/* Floating-point operations a second of one core, from a loop of fused multiply-adds in registers: what no product can exceed. Best of
 * several short loops, by processor time, with all threads at work. */
HW_API double hw_bench_peak(int threads);

/* Measures rows[i].n_tokens for each row, threads at once. Prompts hold token ids that are spread over the vocabulary.
 * Errors: MEMORY; INPUT for a length that the model cannot take. */
HW_API bool hw_bench(const hw_model *model, int threads, hw_bench_row *rows, size_t n_rows, hw_error *err);

HW_END_C

#endif
