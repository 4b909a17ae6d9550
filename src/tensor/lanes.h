/* SPDX-License-Identifier: Apache-2.0
 * Vectors of the processor that a file is compiled for, and sums whose bits are the same on all of them: element i is added to lane
 * i % HW_LANES, and the lanes are added as a tree. Each operation is one IEEE operation per lane, a multiplication is joined with an
 * addition only by hw_fma. Every file that includes this is compiled with -ffp-contract=off. */
#ifndef HW_TENSOR_LANES_H
#define HW_TENSOR_LANES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
enum { HW_WIDTH = 16 }; /* float32 of a vector */
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
enum { HW_WIDTH = 8 };
#else
enum { HW_WIDTH = 4 };
#endif
enum { HW_LANES = 16, HW_VECTORS = HW_LANES / HW_WIDTH };

#define HW_INLINE static inline __attribute__((always_inline, unused))

typedef float hw_vector __attribute__((vector_size(4 * HW_WIDTH), may_alias));
typedef float hw_vector_anywhere __attribute__((vector_size(4 * HW_WIDTH), aligned(4), may_alias));
typedef int32_t hw_integers __attribute__((vector_size(4 * HW_WIDTH), may_alias));
typedef float hw_half_vector __attribute__((vector_size(2 * HW_WIDTH), aligned(4), may_alias));
typedef double hw_doubles __attribute__((vector_size(4 * HW_WIDTH), may_alias)); /* HW_WIDTH / 2 of them */

/* HW_LANES sums. */
typedef struct hw_lanes { hw_vector of[HW_VECTORS]; } hw_lanes;
typedef struct hw_double_lanes { hw_doubles of[2 * HW_VECTORS]; } hw_double_lanes;

HW_INLINE hw_vector hw_load(const float *x) { return *(const hw_vector_anywhere *)x; }
HW_INLINE void hw_store(float *x, hw_vector v) { *(hw_vector_anywhere *)x = v; }
HW_INLINE hw_vector hw_all(float x) { return x - (hw_vector){0}; } /* x - 0 is x, -0 too */

/* The first n of a vector, the rest filled. */
HW_INLINE hw_vector hw_load_some(const float *x, size_t n, float fill) {
  float all[HW_WIDTH];
  for (size_t i = 0; i < HW_WIDTH; i++) all[i] = i < n ? x[i] : fill;
  return hw_load(all);
}

HW_INLINE void hw_store_some(float *x, size_t n, hw_vector v) {
  float all[HW_WIDTH];
  hw_store(all, v);
  for (size_t i = 0; i < n; i++) x[i] = all[i];
}

HW_INLINE hw_vector hw_choose(hw_integers mask, hw_vector yes, hw_vector no) {
  return (hw_vector)((mask & (hw_integers)yes) | (~mask & (hw_integers)no));
}
HW_INLINE hw_vector hw_magnitude(hw_vector x) { return (hw_vector)((hw_integers)x & 0x7FFFFFFF); }
HW_INLINE hw_vector hw_with_sign(hw_vector magnitude, hw_vector sign) {
  return (hw_vector)((hw_integers)magnitude | ((hw_integers)sign & INT32_MIN));
}

#if defined(__AVX512F__)
HW_INLINE hw_vector hw_fma(hw_vector a, hw_vector b, hw_vector c) { return (hw_vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
#elif defined(__AVX2__) && defined(__FMA__)
HW_INLINE hw_vector hw_fma(hw_vector a, hw_vector b, hw_vector c) { return (hw_vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
#elif defined(__ARM_FEATURE_FMA)
HW_INLINE hw_vector hw_fma(hw_vector a, hw_vector b, hw_vector c) {
  for (int i = 0; i < HW_WIDTH; i++) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
}
#else
/* Without the instruction: the product of two float32 is exact in float64. Its sum with c is rounded to odd (an inexact sum ends in a
 * set bit), then the rounding to float32 is that of the exact value. */
HW_INLINE hw_vector hw_fma(hw_vector a, hw_vector b, hw_vector c) {
  typedef int64_t bits __attribute__((vector_size(16)));
  hw_vector out = c;
  for (int half = 0; half < 2; half++) {
    hw_doubles x = {(double)a[2 * half], (double)a[2 * half + 1]}, y = {(double)b[2 * half], (double)b[2 * half + 1]},
               z = {(double)c[2 * half], (double)c[2 * half + 1]};
    hw_doubles product = x * y, sum = product + z, part = sum - product, error = (product - (sum - part)) + (z - part);
    bits inexact = (error < 0) | (error > 0), even = ((bits)sum & 1) - 1, away = (error > 0) == (sum > 0);
    sum = (hw_doubles)((bits)sum + (inexact & even & ((away & 2) - 1)));
    out[2 * half] = (float)sum[0];
    out[2 * half + 1] = (float)sum[1];
  }
  return out;
}
#endif

/* Numbers [2 half, 2 half + HW_WIDTH / 2) of a vector, widened. */
HW_INLINE hw_doubles hw_widened(hw_vector x, int half) {
  hw_half_vector part;
  memcpy(&part, (const char *)&x + half * (int)sizeof part, sizeof part);
  return __builtin_convertvector(part, hw_doubles);
}

/* lane j + lane j + 8, then + 4, + 2, + 1 */
HW_INLINE float hw_sum_lanes(const hw_lanes *sums) {
  float lane[HW_LANES];
  for (int v = 0; v < HW_VECTORS; v++) hw_store(lane + v * HW_WIDTH, sums->of[v]);
  for (int step = HW_LANES / 2; step > 0; step /= 2)
    for (int j = 0; j < step; j++) lane[j] += lane[j + step];
  return lane[0];
}

HW_INLINE double hw_sum_double_lanes(const hw_double_lanes *sums) {
  double lane[HW_LANES];
  memcpy(lane, sums, sizeof lane);
  for (int step = HW_LANES / 2; step > 0; step /= 2)
    for (int j = 0; j < step; j++) lane[j] += lane[j + step];
  return lane[0];
}

#endif
