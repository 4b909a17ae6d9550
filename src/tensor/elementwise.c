/* SPDX-License-Identifier: Apache-2.0
 * Kernels whose outputs each depend on one place of the inputs: however a compiler vectorises these loops, the bits are the same. */
#include "tensor/isa_kernels.h"

void HW_ISA_NAME(hw_rotate_half)(float *x, const float *cosine, const float *sine, size_t n) {
  size_t half = n / 2;
  for (size_t t = 0; t < half; t++) {
    float a = x[t], b = x[t + half];
    x[t] = a * cosine[t] - b * sine[t];
    x[t + half] = b * cosine[t] + a * sine[t];
  }
}

void HW_ISA_NAME(hw_rotate_pairs)(float *x, const float *cosine, const float *sine, size_t n) {
  for (size_t t = 0; t < n / 2; t++) {
    float a = x[2 * t], b = x[2 * t + 1];
    x[2 * t] = a * cosine[t] - b * sine[t];
    x[2 * t + 1] = b * cosine[t] + a * sine[t];
  }
}

void HW_ISA_NAME(hw_clip)(float *x, float largest, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = x[i] > largest ? largest : x[i] < -largest ? -largest : x[i];
}

void HW_ISA_NAME(hw_add_bias)(float *y, size_t ldy, const float *bias, size_t n_rows, size_t d) {
  if (!bias) return;
  for (size_t r = 0; r < n_rows; r++)
    for (size_t i = 0; i < d; i++) y[r * ldy + i] += bias[i];
}

void HW_ISA_NAME(hw_add_rows)(const float *x, const float *y, const float *bias, size_t n_rows, size_t d, float *out) {
  if (!bias) {
    for (size_t i = 0; i < n_rows * d; i++) out[i] = x[i] + y[i];
    return;
  }
  for (size_t r = 0; r < n_rows; r++, x += d, y += d, out += d)
    for (size_t i = 0; i < d; i++) out[i] = x[i] + y[i] + bias[i];
}

void HW_ISA_NAME(hw_multiply)(float *y, const float *x, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] *= x[i];
}

void HW_ISA_NAME(hw_scale)(float *y, float factor, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] *= factor;
}
