/* SPDX-License-Identifier: Apache-2.0
 * Soft caps of scores and logits, limits, and shares of a softmax in float64, and their secants (METHOD section 10). */
#ifndef HW_RELEVANCE_SECANT_H
#define HW_RELEVANCE_SECANT_H

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

/* The secant of a limit to [least, most]. */
static inline double hw_limit_secant(double x, double other, double least, double most) {
  if (x > other || x < other) return (fmin(fmax(x, least), most) - fmin(fmax(other, least), most)) / (x - other);
  return x >= least && x <= most ? 1 : 0;
}

/* Of two shares of a softmax and their logarithms: (a - b) / (log_a - log_b). ratio: exp(-|log_a - log_b|). */
static inline double hw_logarithmic_mean(double log_a, double log_b, double a, double b, double ratio) {
  double larger = log_a > log_b ? log_a : log_b, t = fabs(log_a - log_b);
  if (larger == -INFINITY) return 0;
  return (log_a > log_b ? a : b) * (t < 1e-4 ? 1 - t / 2 + t * t / 6 : (1 - ratio) / t);
}

#endif
