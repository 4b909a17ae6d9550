/* SPDX-License-Identifier: Apache-2.0
 * The choice that relevances explain (METHOD section 7). */
#ifndef HW_RELEVANCE_MEASURE_H
#define HW_RELEVANCE_MEASURE_H

#include "headwater/relevance.h"

/* The margin m of one prompt, and the direction in which it lies. */
typedef struct hw_measure {
  int32_t answer;            /* the token; the predicted one where none was asked for */
  double m, m_reference;
  const float *own;          /* [d_model] t with the slope k of this run alone */
  const float *between;      /* the same with the slope between the two runs, NULL without a reference */
  double bias;               /* <beta, t> + sum of c k b_U, of `own` */
} hw_measure;

/* Measures of n prompts, in the arena. */
bool hw_measure_prompts(const hw_activations *acts, const hw_relevance_prompt *prompts, size_t n, hw_measure *measures, const hw_team *team,
                        hw_arena *arena, hw_error *err);

#endif
