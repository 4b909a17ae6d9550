/* SPDX-License-Identifier: Apache-2.0
 * What the unit tests share: CMocka, numbers that follow from a seed, and comparisons that a NaN fails. */
#ifndef HW_TESTS_UNIT_H
#define HW_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "headwater/error.h"
#include "tensor/kernels.h"

#define TEST(name) static void name(void **state __attribute__((unused)))
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static inline uint64_t unit_random(uint64_t *seed) { /* splitmix64 */
  uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
static inline uint32_t unit_below(uint64_t *seed, uint32_t n) { return (uint32_t)(unit_random(seed) % n); }
/* In [-1, 1). */
static inline float unit_float(uint64_t *seed) { return (float)((double)(unit_random(seed) >> 11) * 0x1p-52 - 1.0); }
static inline void unit_fill(uint64_t *seed, float scale, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) out[i] = scale * unit_float(seed);
}

static inline void unit_near(double found, double want, double tolerance, const char *what, const char *file, int line) {
  if (fabs(found - want) <= tolerance) return; /* false for NaN */
  print_error("%s is %.9g, want %.9g within %.3g\n", what, found, want, tolerance);
  _fail(file, line);
}
#define assert_near(found, want, tolerance) unit_near((double)(found), (double)(want), (tolerance), #found, __FILE__, __LINE__)

/* Equal in every bit: distinguishes 0 from -0, and a NaN equals itself. */
static inline bool unit_same_double(double a, double b) { return memcmp(&a, &b, sizeof a) == 0; }

static inline void unit_ok(bool ok, const hw_error *err, const char *what, const char *file, int line) {
  if (ok) return;
  print_error("%s failed: %s\n", what, err->message);
  _fail(file, line);
}
#define assert_ok(call, err) unit_ok((call), (err), #call, __FILE__, __LINE__)

/* `call` fails with the kind, and its one-line message holds the words. */
static inline void unit_refused(bool ok, const hw_error *err, hw_error_kind kind, const char *words, const char *file, int line) {
  if (!ok && err->kind == kind && strstr(err->message, words) && !strchr(err->message, '\n')) return;
  if (ok)
    print_error("accepted, want an error with \"%s\"\n", words);
  else
    print_error("error kind %d \"%s\", want kind %d with \"%s\"\n", (int)err->kind, err->message, (int)kind, words);
  _fail(file, line);
}
#define assert_refused(call, err, kind, words) unit_refused((call), (err), (kind), (words), __FILE__, __LINE__)

static inline void *unit_alloc(size_t count, size_t size) { /* 64-byte aligned, and no byte more, so that AddressSanitizer sees the next; free() it */
  void *memory = NULL;
  assert_int_equal(posix_memalign(&memory, 64, count * size), 0);
  memset(memory, 0, count * size);
  return memory;
}
static inline float *unit_floats(size_t count) { return unit_alloc(count, sizeof(float)); }

/* Weights by the slow road: one element, in double. Written from the formats' definitions, not from src/tensor. */
static inline double unit_half(uint16_t half) {
  int exponent = half >> 10 & 31, fraction = half & 1023;
  double magnitude = exponent == 0    ? ldexp(fraction, -24)
                     : exponent == 31 ? (fraction ? (double)NAN : (double)INFINITY)
                                      : ldexp(1024 + fraction, exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}
static inline double unit_bfloat(uint16_t bits) {
  int exponent = bits >> 7 & 255, fraction = bits & 127;
  double magnitude = exponent == 0     ? ldexp(fraction, -133)
                     : exponent == 255 ? (fraction ? (double)NAN : (double)INFINITY)
                                       : ldexp(128 + fraction, exponent - 134);
  return bits & 0x8000 ? -magnitude : magnitude;
}
/* Number `index` of F4_E2M1 with exponents. */
static inline double unit_mxfp4(const hw_matrix *w, size_t index) {
  unsigned byte = ((const unsigned char *)w->data)[index / 2], code = index % 2 ? byte >> 4 : byte & 15u, exponent = code >> 1 & 3u;
  double magnitude = exponent ? ldexp(1 + 0.5 * (code & 1u), (int)exponent - 1) : 0.5 * (code & 1u);
  const hw_scales *s = w->scales;
  size_t place = index / s->row_length * s->row_blocks + index % s->row_length / s->block_columns;
  return (code & 8u ? -magnitude : magnitude) * ldexp(1, s->exponents[place] - 127);
}

static inline double unit_element(const hw_matrix *w, size_t in, size_t out) {
  size_t index = w->offset + (w->in_first ? in * w->stride + out : out * w->stride + in);
  if (w->dtype == HW_F4_E2M1) return unit_mxfp4(w, index);
  const char *at = (const char *)w->data + index * hw_dtype_size(w->dtype); /* need not be aligned */
  float number;
  uint16_t bits;
  if (w->dtype == HW_F32) return (double)*(float *)memcpy(&number, at, sizeof number);
  memcpy(&bits, at, sizeof bits);
  return w->dtype == HW_F16 ? unit_half(bits) : unit_bfloat(bits);
}

/* A float cut to a dtype, as the bits a file holds. Halves: numbers below the normal range become subnormal ones. */
static inline uint16_t unit_to_half(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000u);
  double magnitude = fabs((double)value);
  if (magnitude >= 65504.0) return (uint16_t)(sign | 0x7BFFu);
  if (magnitude < 0x1p-14) return (uint16_t)(sign | (uint16_t)(magnitude * 0x1p24));
  return (uint16_t)(sign | (uint16_t)(((bits & 0x7FFFFFFFu) - 0x38000000u) >> 13));
}
static inline void unit_store(float value, hw_dtype dtype, void *data, size_t index) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint16_t narrow = dtype == HW_F16 ? unit_to_half(value) : (uint16_t)(bits >> 16);
  if (dtype == HW_F32)
    memcpy((char *)data + 4 * index, &value, 4);
  else
    memcpy((char *)data + 2 * index, &narrow, 2);
}

#endif
