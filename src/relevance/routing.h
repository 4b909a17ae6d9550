/* SPDX-License-Identifier: Apache-2.0
 * From the weights of experts back to the scores of their router (METHOD section 10). */
#ifndef HW_RELEVANCE_ROUTING_H
#define HW_RELEVANCE_ROUTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HW_RUNS = 2 }; /* this one and the reference */

/* One position of two runs. */
typedef struct hw_routing {
  size_t n_experts, n_used;
  bool normed;                           /* the used experts' weights sum to 1; else they are shares of the softmax over all */
  const int32_t *used[HW_RUNS];          /* [n_used] lowest first */
  const float *scores[HW_RUNS];          /* [n_experts] */
  const double *worth;                   /* [n_experts] co-vectors of the weights; of experts that neither run uses: anything finite */
} hw_routing;

/* The co-vectors of the scores: to[n_experts]. Returns the relevance of the change of experts that is not in them: 0 but where the scores that decide
 * it hardly differ. */
double hw_routing_pull(const hw_routing *routing, float *to);

#endif
