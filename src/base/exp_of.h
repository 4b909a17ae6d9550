/* SPDX-License-Identifier: Apache-2.0
 * exp of a float64 in fixed operations, for real.c and for a kernel: without branches, so that a loop over it becomes vectors.
 * tests/reference/make_coefficients.py makes the coefficients.
 * Compiled without contraction: the low part of a sum is what rounding took off the high part. */
#ifndef HW_BASE_EXP_OF_H
#define HW_BASE_EXP_OF_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HW_LN2_HEAD 0x1.62e42fefa2p-1
#define HW_LN2_REST 0x1.9ef35793c7673p-41
#define HW_NEAREST_INTEGER 0x1.8p52 /* added and taken off: rounds to an integer */

/* A number with more digits than a float64: high + low. */
typedef struct hw_pair { double high, low; } hw_pair;

/* The exact sum of two numbers with |a| >= |b| or a = 0. */
static inline hw_pair hw_ordered_sum(double a, double b) {
  double sum = a + b;
  return (hw_pair){sum, (a - sum) + b};
}

static inline double hw_real_polynomial(double x, const double *terms, size_t n) {
  double sum = terms[n - 1];
  for (size_t i = n - 1; i-- > 0;) sum = fma(sum, x, terms[i]);
  return sum;
}
#define HW_REAL_POLYNOMIAL(x, terms) hw_real_polynomial(x, terms, sizeof(terms) / sizeof *(terms))

static inline double hw_bits_to_double(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline uint64_t hw_double_to_bits(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/* exp(high + low) = 2^n exp(r), |r| <= log(2) / 2; |high| < 1000. 2^n is multiplied in two steps, so that results below 2^-1022 are rounded once. */
static inline double hw_exp_of(double high, double low) {
  static const double inverse_ln2 = 0x1.71547652b82fep+0;
  static const double terms[] = {0x1.0000000000001p-1, 0x1.5555555555556p-3, 0x1.5555555553d68p-5, 0x1.11111111109b5p-7, 0x1.6c16c17889ef1p-10, 0x1.a01a01a7c2efep-13, 0x1.a019b9149a41cp-16, 0x1.71de0db2f6b19p-19, 0x1.28917c89a43a7p-22, 0x1.af389ecfc4b9cp-26};
  enum { BIAS = 1023 };
  double shifted = high * inverse_ln2 + HW_NEAREST_INTEGER, n = shifted - HW_NEAREST_INTEGER;
  hw_pair r = hw_ordered_sum(fma(-n, HW_LN2_HEAD, high), low - n * HW_LN2_REST);
  double y = 1 + (r.high + (r.high * r.high * HW_REAL_POLYNOMIAL(r.high, terms) + r.low));
  uint64_t raised = hw_double_to_bits(shifted) - hw_double_to_bits(HW_NEAREST_INTEGER) + 2 * BIAS, half = raised / 2; /* n with both biases */
  return y * hw_bits_to_double(half << 52) * hw_bits_to_double((raised - half) << 52);
}

#endif
