/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_ENGINE_LOG_SUM_EXP_H
#define HW_ENGINE_LOG_SUM_EXP_H

#include "base/real.h"
#include "tensor/kernels.h"

/* log of the sum of exp(scores[i]). A score of a vocabulary less this is its log-probability in nats. */
static inline double hw_log_sum_exp(const float *scores, size_t n) {
  float largest = hw_max(scores, n);
  return (double)largest + hw_log(hw_exp_total(scores, n, largest));
}

#endif
