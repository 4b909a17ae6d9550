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

/* Bit i: whether all bits of number i are set. */
#if defined(__AVX512F__)
HW_INLINE uint64_t hw_bits_of(hw_integers mask) { return _mm512_movepi32_mask((__m512i)mask); }
#elif defined(__AVX2__)
HW_INLINE uint64_t hw_bits_of(hw_integers mask) { return (uint64_t)(unsigned)_mm256_movemask_ps((__m256)mask); }
#else
HW_INLINE uint64_t hw_bits_of(hw_integers mask) {
  return (uint64_t)((mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8));
}
#endif

/* Bit i: whether a[i] >= b[i]. */
#if defined(__AVX512F__)
HW_INLINE uint64_t hw_bits_at_least(hw_vector a, hw_vector b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GE_OQ); }
#else
HW_INLINE uint64_t hw_bits_at_least(hw_vector a, hw_vector b) { return hw_bits_of(a >= b); }
#endif

/* HW_LANES sums. */
typedef struct hw_lanes { hw_vector of[HW_VECTORS]; } hw_lanes;
typedef struct hw_double_lanes { hw_doubles of[2 * HW_VECTORS]; } hw_double_lanes;

/* Sums that begin at 0. An initialiser `= {0}` would do the same, but gcc clears an array of them by `rep stos`, which takes longer than the sum
 * of a short row. */
HW_INLINE void hw_lanes_clear(hw_lanes *sums) {
  for (int v = 0; v < HW_VECTORS; v++) sums->of[v] = (hw_vector){0};
}
HW_INLINE void hw_double_lanes_clear(hw_double_lanes *sums) {
  for (int v = 0; v < 2 * HW_VECTORS; v++) sums->of[v] = (hw_doubles){0};
}

HW_INLINE hw_vector hw_load(const float *x) { return *(const hw_vector_anywhere *)x; }
HW_INLINE void hw_store(float *x, hw_vector v) { *(hw_vector_anywhere *)x = v; }
HW_INLINE hw_vector hw_all(float x) { return x - (hw_vector){0}; } /* x - 0 is x, -0 too */

/* The first n of a vector, the rest filled. */
HW_INLINE hw_vector hw_load_some(const float *x, size_t n, float fill) {
  float all[HW_WIDTH];
  for (size_t i = 0; i < HW_WIDTH; i++) all[i] = i < n ? x[i] : fill;
  return hw_load(all);
}

/* The vector at x, of which `left` numbers are there, the rest filled. */
HW_INLINE hw_vector hw_load_up_to(const float *x, size_t left, float fill) {
  return left < HW_WIDTH ? hw_load_some(x, left, fill) : hw_load(x);
}

HW_INLINE void hw_store_some(float *x, size_t n, hw_vector v) {
  float all[HW_WIDTH];
  hw_store(all, v);
  for (size_t i = 0; i < n; i++) x[i] = all[i];
}

HW_INLINE void hw_store_up_to(float *x, size_t left, hw_vector v) {
  if (left < HW_WIDTH)
    hw_store_some(x, left, v);
  else
    hw_store(x, v);
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
 * set bit), then the rounding to float32 is that of the exact value. One number at a time: gcc 12 compiles the same with vectors of
 * float64 wrongly (-ftree-slp-vectorize). */
HW_INLINE float hw_fma_of_one(float a, float b, float c) {
  double product = (double)a * (double)b, sum = product + (double)c, part = sum - product;
  double error = (product - (sum - part)) + ((double)c - part);
  int64_t bits;
  memcpy(&bits, &sum, sizeof bits);
  int64_t inexact = (error > 0) | (error < 0), away = (error > 0) == (sum > 0);
  bits += inexact & ~bits & 1 ? 2 * away - 1 : 0;
  memcpy(&sum, &bits, sizeof sum);
  return (float)sum;
}

HW_INLINE hw_vector hw_fma(hw_vector a, hw_vector b, hw_vector c) {
  for (int i = 0; i < HW_WIDTH; i++) c[i] = hw_fma_of_one(a[i], b[i], c[i]);
  return c;
}
#endif

/* Numbers [2 half, 2 half + HW_WIDTH / 2) of a vector, widened. */
HW_INLINE hw_doubles hw_widened(hw_vector x, int half) {
  hw_half_vector part;
  memcpy(&part, (const char *)&x + half * (int)sizeof part, sizeof part);
  return __builtin_convertvector(part, hw_doubles);
}

/* What is left of HW_LANES sums in one vector: lane j + lane j + 8, then + 4 where vectors have four lanes. */
HW_INLINE hw_vector hw_fold(const hw_lanes *sums) {
#if defined(__AVX512F__)
  return sums->of[0];
#elif defined(__AVX2__) && defined(__FMA__)
  return sums->of[0] + sums->of[1];
#else
  return (sums->of[0] + sums->of[2]) + (sums->of[1] + sums->of[3]);
#endif
}

/* The sum of a folded vector: lane j + lane j + 8, then + 4, + 2, + 1. */
HW_INLINE float hw_total_of_lanes(const hw_lanes *sums) {
  float lane[HW_WIDTH];
  hw_store(lane, hw_fold(sums));
  for (int step = HW_WIDTH / 2; step > 0; step /= 2)
    for (int j = 0; j < step; j++) lane[j] += lane[j + step];
  return lane[0];
}

/* Lanes in groups of 2 h: those of the first h of a and the last h of a added, then the same of b. */
#define HW_TAKEN(lane, h, more) ((lane) % (2 * (h)) < (h) ? (lane) + (more) : HW_WIDTH + (lane) - (h) + (more))
#define HW_TAKEN_4(first, h, more) \
  HW_TAKEN(first, h, more), HW_TAKEN(first + 1, h, more), HW_TAKEN(first + 2, h, more), HW_TAKEN(first + 3, h, more)
#if defined(__AVX512F__)
#define HW_TAKEN_ALL(h, more) HW_TAKEN_4(0, h, more), HW_TAKEN_4(4, h, more), HW_TAKEN_4(8, h, more), HW_TAKEN_4(12, h, more)
#elif defined(__AVX2__) && defined(__FMA__)
#define HW_TAKEN_ALL(h, more) HW_TAKEN_4(0, h, more), HW_TAKEN_4(4, h, more)
#else
#define HW_TAKEN_ALL(h, more) HW_TAKEN_4(0, h, more)
#endif
#if defined(__clang__)
#define HW_SHUFFLED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define HW_SHUFFLED(a, b, ...) __builtin_shuffle(a, b, (hw_integers){__VA_ARGS__})
#endif
#define HW_ADD_HALVES(a, b, h) (HW_SHUFFLED(a, b, HW_TAKEN_ALL(h, 0)) + HW_SHUFFLED(a, b, HW_TAKEN_ALL(h, h)))

/* The sums of HW_WIDTH folded vectors at once, that of x[r] in lane r. Destroys x. */
HW_INLINE hw_vector hw_sum_each(hw_vector x[HW_WIDTH]) {
#if defined(__AVX512F__)
  for (int k = 0; k < 8; k++) x[k] = HW_ADD_HALVES(x[k], x[k + 8], 8);
#endif
#if defined(__AVX2__) && defined(__FMA__)
  for (int k = 0; k < 4; k++) x[k] = HW_ADD_HALVES(x[k], x[k + 4], 4);
#endif
  for (int k = 0; k < 2; k++) x[k] = HW_ADD_HALVES(x[k], x[k + 2], 2);
  return HW_ADD_HALVES(x[0], x[1], 1);
}

HW_INLINE double hw_sum_tree(double lane[HW_LANES]) {
  for (int step = HW_LANES / 2; step > 0; step /= 2)
    for (int j = 0; j < step; j++) lane[j] += lane[j + step];
  return lane[0];
}

#endif
