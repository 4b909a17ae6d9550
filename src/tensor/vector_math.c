/* SPDX-License-Identifier: Apache-2.0
 * exp, tanh and erf over vectors (the compiler takes them from libmvec). Compiled with -ffast-math. */
#include <math.h>

#include "base/simd.h"
#include "tensor/kernels.h"

HW_SIMD static void gelu_tanh(float *x, size_t n) {
  HW_SIMD_LOOP()
  for (size_t i = 0; i < n; i++) {
    float v = x[i];
    x[i] = 0.5f * v * (1.0f + tanhf(0.7978845608028654f * (v + 0.044715f * v * v * v)));
  }
}

HW_SIMD static void gelu_erf(float *x, size_t n) {
  HW_SIMD_LOOP()
  for (size_t i = 0; i < n; i++) x[i] = 0.5f * x[i] * (1.0f + erff(0.7071067811865476f * x[i]));
}

HW_SIMD static void relu(float *x, size_t n) {
  HW_SIMD_LOOP()
  for (size_t i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
}

HW_SIMD static void silu(float *x, size_t n) {
  HW_SIMD_LOOP()
  for (size_t i = 0; i < n; i++) x[i] = x[i] / (1.0f + expf(-x[i]));
}

void hw_activate(hw_activation kind, float *x, size_t n) {
  switch (kind) {
    case HW_ACT_GELU_TANH: gelu_tanh(x, n); break;
    case HW_ACT_GELU_ERF: gelu_erf(x, n); break;
    case HW_ACT_RELU: relu(x, n); break;
    case HW_ACT_SILU: silu(x, n); break;
  }
}

HW_SIMD void hw_clamped_glu(float *gate, const float *up, float limit, size_t n) {
  HW_SIMD_LOOP()
  for (size_t i = 0; i < n; i++) {
    float g = gate[i] > limit ? limit : gate[i], u = up[i] > limit ? limit : up[i] < -limit ? -limit : up[i];
    gate[i] = g / (1.0f + expf(-1.702f * g)) * (u + 1.0f);
  }
}

HW_SIMD void hw_soft_cap(float *x, size_t n, float cap) {
  HW_SIMD_LOOP()
  for (size_t i = 0; i < n; i++) x[i] = cap * tanhf(x[i] / cap);
}

HW_SIMD float hw_exp_sum(float *x, size_t n, float subtract) {
  float sum = 0;
  HW_SIMD_LOOP(reduction(+ : sum))
  for (size_t i = 0; i < n; i++) {
    x[i] = expf(x[i] - subtract);
    sum += x[i];
  }
  return sum;
}
