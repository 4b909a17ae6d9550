/* SPDX-License-Identifier: Apache-2.0
 * Soft caps of scores and logits in float64. */
#ifndef HW_RELEVANCE_CAP_H
#define HW_RELEVANCE_CAP_H

#include <math.h>

#include "base/real.h"

/* cap tanh(x / cap) */
static inline double hw_capped(double x, double cap) {
  double e = hw_exp(-2 * fabs(x) / cap);
  return copysign(cap * (1 - e) / (1 + e), x);
}

/* Its secant between x and other; where they are close, the derivative at the middle (METHOD section 10). */
static inline double hw_cap_secant(double x, double other, double cap) {
  double e = hw_capped((x + other) / 2, cap) / cap;
  return fabs(x - other) < 1e-3 ? 1 - e * e : (hw_capped(x, cap) - hw_capped(other, cap)) / (x - other);
}

#endif
