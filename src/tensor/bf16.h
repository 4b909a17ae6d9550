/* SPDX-License-Identifier: Apache-2.0
 * Products of numbers rounded to BF16, METHOD section 14. Inputs 2 k and 2 k + 1 lie side by side as a pair, the first in the lower half; where
 * there is no second one it is 0. The sum s of a pair's products is added as the processor's instruction (AVX512_BF16) adds it:
 *   s = flush(s + x[2 k + 1] w[2 k + 1]), then s = flush(s + x[2 k] w[2 k])
 * each rounded once, to the nearest float32; a result that is below 2^-126 when rounded to 24 bits becomes a zero of its sign. */
#ifndef HW_TENSOR_BF16_H
#define HW_TENSOR_BF16_H

#include <string.h>

#include "tensor/isa.h"

/* To the nearest BF16, ties to even; what lies below 2^-126 becomes 0, as the instruction takes it. */
static inline uint16_t hw_bf16_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint32_t magnitude = bits & 0x7FFFFFFFu, nearest = (bits + 0x7FFFu + (bits >> 16 & 1)) >> 16;
  nearest = magnitude > 0x7F800000u ? bits >> 16 | 0x40u : nearest;
  return (uint16_t)(magnitude < 0x00800000u ? bits >> 16 & 0x8000u : nearest);
}

static inline float hw_bf16_value(uint16_t half) {
  uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Each to the nearest BF16. */
static inline void hw_bf16_round_all(float *x, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = hw_bf16_value(hw_bf16_of(x[i]));
}

#endif
