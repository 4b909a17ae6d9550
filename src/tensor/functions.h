/* SPDX-License-Identifier: Apache-2.0
 * exp, tanh and erf of vectors in fixed operations, within 2 units in the last place of the exact value for every float32.
 * tests/reference/make_coefficients.py makes the coefficients. */
#ifndef HW_TENSOR_FUNCTIONS_H
#define HW_TENSOR_FUNCTIONS_H

#include "tensor/lanes.h"

#define HW_POLYNOMIAL(x, terms) hw_polynomial(x, terms, sizeof(terms) / sizeof *(terms))

HW_INLINE hw_vector hw_polynomial(hw_vector x, const float *terms, size_t n) {
  hw_vector sum = hw_all(terms[n - 1]);
  for (size_t i = n - 1; i-- > 0;) sum = hw_fma(sum, x, hw_all(terms[i]));
  return sum;
}

HW_INLINE hw_vector hw_power_of_two(hw_integers n) { return (hw_vector)((n + 127) << 23); }

/* exp(x) = 2^n exp(r), |r| <= log(2) / 2. 2^n is multiplied in two steps, so that results below 2^-126 are rounded once. */
HW_INLINE hw_vector hw_vector_exp(hw_vector x) {
  static const float terms[] = {0x1p-1f, 0x1.5554dep-3f, 0x1.55551ap-5f, 0x1.120b62p-7f, 0x1.6d10fcp-10f};
  static const float ln2_head = 0x1.62ep-1f, ln2_rest = 0x1.0bfbe8p-15f, inverse_ln2 = 0x1.715476p+0f;
  const hw_vector high = hw_all(89), low = hw_all(-104), shift = hw_all(0x1.8p23f);
  x = hw_choose(x > high, high, x);
  x = hw_choose(x < low, low, x);
  hw_vector shifted = hw_fma(x, hw_all(inverse_ln2), shift), n = shifted - shift;
  hw_integers exponent = (hw_integers)shifted - (hw_integers)shift, half = exponent >> 1;
  hw_vector r = hw_fma(n, hw_all(-ln2_head), x);
  r = hw_fma(n, hw_all(-ln2_rest), r);
  hw_vector y = hw_fma(HW_POLYNOMIAL(r, terms), r * r, r) + 1;
  return y * hw_power_of_two(half) * hw_power_of_two(exponent - half);
}

/* x + x^3 P(x^2) near 0, 1 - 2 / (exp(2 x) + 1) further out. */
HW_INLINE hw_vector hw_vector_tanh(hw_vector x) {
  static const float terms[] = {-0x1.555556p-2f, 0x1.1110d8p-3f, -0x1.ba02aap-5f, 0x1.644a1ep-6f, -0x1.0f1266p-7f, 0x1.224fcep-9f};
  hw_vector a = hw_magnitude(x), z = a * a;
  hw_vector near = hw_fma(a * z, HW_POLYNOMIAL(z, terms), a), far = 1 - 2 / (hw_vector_exp(a + a) + 1);
  return hw_with_sign(hw_choose(a < 0.65f, near, far), x);
}

/* x + x P(x^2) near 0, 1 - exp(P(x)) further out; past 4 it is 1. */
HW_INLINE hw_vector hw_vector_erf(hw_vector x) {
  static const float terms[] = {0x1.06eba8p-3f, -0x1.812746p-2f, 0x1.ce2f08p-4f, -0x1.b829c8p-6f, 0x1.562a6p-8f, -0x1.bccf66p-11f, 0x1.d8875p-14f, -0x1.445f48p-17f};
  static const float log_terms[] = {0x1.6e903cp-12f, -0x1.216122p+0f, -0x1.4351cep-1f, -0x1.c49b32p-4f, 0x1.b60be4p-6f, -0x1.41d538p-8f, 0x1.51487ap-11f, -0x1.ccd686p-15f, 0x1.5c34d2p-19f, -0x1.7e9638p-25f};
  hw_vector a = hw_magnitude(x);
  a = hw_choose(a > 4, hw_all(4), a);
  hw_vector near = hw_fma(a, HW_POLYNOMIAL(a * a, terms), a), far = 1 - hw_vector_exp(HW_POLYNOMIAL(a, log_terms));
  return hw_with_sign(hw_choose(a < 0.95f, near, far), x);
}

#endif
