/* SPDX-License-Identifier: Apache-2.0
 * Products of 8-bit numbers. Sums are integers, the same in every form. HW_ISA may also be v3_vnni or v4_vnni: with the processor's
 * instruction for four products and their sum. */
#include "tensor/isa_kernels.h"

#include <string.h>

#if defined(__AVX512VNNI__)
#include <immintrin.h>
typedef __m512i sums;
enum { ROWS = 8, VECTORS = 3, PASSES = 1 };
static inline sums load(const void *p) { return _mm512_loadu_si512(p); }
static inline void store(void *p, sums v) { _mm512_storeu_si512(p, v); }
static inline sums spread(int32_t x) { return _mm512_set1_epi32(x); }
/* gcc 12 copies sums to the stack and back around the intrinsic. */
static inline sums products(sums to, sums w, sums x) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(to) : "v"(x), "v"(w));
  return to;
}
#elif defined(__AVXVNNI__)
#include <immintrin.h>
typedef __m256i sums;
enum { ROWS = 4, VECTORS = 3, PASSES = 2 };
static inline sums load(const void *p) { return _mm256_loadu_si256(p); }
static inline void store(void *p, sums v) { _mm256_storeu_si256(p, v); }
static inline sums spread(int32_t x) { return _mm256_set1_epi32(x); }
static inline sums products(sums to, sums w, sums x) {
  __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(to) : "x"(x), "x"(w));
  return to;
}
#endif

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
enum { LANES = HW_PACK_WIDTH / VECTORS / PASSES };

static inline __attribute__((always_inline)) void tile(size_t rows, size_t quads, const int32_t *x, const int8_t *w, const int32_t *start, int32_t *y) {
  for (size_t first = 0; first < HW_PACK_WIDTH; first += LANES * VECTORS) {
    sums sum[ROWS][VECTORS];
    for (size_t r = 0; r < rows; r++)
      for (size_t v = 0; v < VECTORS; v++) sum[r][v] = load(start + first + v * LANES);
    const int8_t *numbers = w + first * 4;
    for (size_t k = 0; k < quads; k++, numbers += HW_PACK_WIDTH * 4) {
      sums of_quad[VECTORS];
      for (size_t v = 0; v < VECTORS; v++) of_quad[v] = load(numbers + v * LANES * 4);
      for (size_t r = 0; r < rows; r++) {
        sums value = spread(x[k * rows + r]);
        for (size_t v = 0; v < VECTORS; v++) sum[r][v] = products(sum[r][v], of_quad[v], value);
      }
    }
    for (size_t r = 0; r < rows; r++)
      for (size_t v = 0; v < VECTORS; v++) store(y + r * HW_PACK_WIDTH + first + v * LANES, sum[r][v]);
  }
}

#elif defined(__AVX512BW__)
#include <immintrin.h>
/* Numbers are widened to 16 bits: two products and their sum in each 32 bits, two of which belong to an output. */
typedef __m512i sums;
enum { ROWS = 4, VECTORS = 6 };
static inline sums widen(const int8_t *w) { return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(const void *)w)); }
static inline sums spread(int32_t x) { return _mm512_cvtepu8_epi16(_mm256_set1_epi32(x)); }
static inline sums products(sums to, sums w, sums x) { return _mm512_add_epi32(to, _mm512_madd_epi16(w, x)); }

static inline __attribute__((always_inline)) void tile(size_t rows, size_t quads, const int32_t *x, const int8_t *w, const int32_t *start, int32_t *y) {
  sums sum[ROWS][VECTORS];
  for (size_t r = 0; r < rows; r++) memset(sum[r], 0, sizeof sum[r]);
  for (size_t k = 0; k < quads; k++, w += HW_PACK_WIDTH * 4)
    for (size_t v = 0; v < VECTORS; v++) {
      sums wide = widen(w + v * sizeof(sums) / 2);
      for (size_t r = 0; r < rows; r++) sum[r][v] = products(sum[r][v], wide, spread(x[k * rows + r]));
    }
  for (size_t r = 0; r < rows; r++) {
    int32_t halves[2 * HW_PACK_WIDTH];
    memcpy(halves, sum[r], sizeof halves);
    for (size_t i = 0; i < HW_PACK_WIDTH; i++) y[r * HW_PACK_WIDTH + i] = start[i] + halves[2 * i] + halves[2 * i + 1];
  }
}

#elif defined(__AVX2__)
#include <immintrin.h>
/* Numbers are widened to 16 bits: two products and their sum in each 32 bits, two of which belong to an output. Those of x are widened
 * once for all outputs. */
typedef __m256i sums;
enum { ROWS = 6, VECTORS = 2, OUTPUTS = 4 * VECTORS, QUADS = 64 }; /* outputs of a pass; quads that are widened together */
static inline sums widen(const int8_t *w) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)w)); }
static inline sums spread(const uint16_t *x) { return _mm256_broadcastq_epi64(_mm_loadl_epi64((const __m128i *)(const void *)x)); }
/* gcc 12 makes products ahead, and copies sums to the stack and back. */
static inline sums products(sums to, sums w, sums x) {
  sums product;
  __asm__("vpmaddwd %2, %3, %1\n\tvpaddd %1, %0, %0" : "+x"(to), "=&x"(product) : "x"(x), "x"(w));
  return to;
}

/* Adds what up to QUADS quads give. */
static inline __attribute__((always_inline)) void add_quads(size_t rows, size_t quads, const int32_t *x, const int8_t *w, int32_t *y) {
  uint16_t wide[QUADS * ROWS * 4]; /* [quads][rows][4] */
  const uint8_t *numbers = (const uint8_t *)x;
  for (size_t i = 0; i < quads * rows * 4; i++) wide[i] = numbers[i];
  for (size_t first = 0; first < HW_PACK_WIDTH; first += OUTPUTS) {
    sums sum[ROWS][VECTORS];
    for (size_t r = 0; r < rows; r++) memset(sum[r], 0, sizeof sum[r]);
    for (size_t k = 0; k < quads; k++) {
      sums of_quad[VECTORS];
      for (size_t v = 0; v < VECTORS; v++) of_quad[v] = widen(w + (k * HW_PACK_WIDTH + first + 4 * v) * 4);
      for (size_t r = 0; r < rows; r++) {
        sums value = spread(wide + (k * rows + r) * 4);
        for (size_t v = 0; v < VECTORS; v++) sum[r][v] = products(sum[r][v], of_quad[v], value);
      }
    }
    for (size_t r = 0; r < rows; r++) {
      __m256i *out = (__m256i *)(void *)(y + r * HW_PACK_WIDTH + first);
      sums both = _mm256_permute4x64_epi64(_mm256_hadd_epi32(sum[r][0], sum[r][1]), 0xD8);
      _mm256_storeu_si256(out, _mm256_add_epi32(_mm256_loadu_si256(out), both));
    }
  }
}

static inline __attribute__((always_inline)) void tile(size_t rows, size_t quads, const int32_t *x, const int8_t *w, const int32_t *start, int32_t *y) {
  for (size_t r = 0; r < rows; r++) memcpy(y + r * HW_PACK_WIDTH, start, HW_PACK_WIDTH * sizeof *y);
  for (size_t k = 0; k < quads; k += QUADS)
    add_quads(rows, quads - k < QUADS ? quads - k : QUADS, x + k * rows, w + k * HW_PACK_WIDTH * 4, y);
}

#else
enum { ROWS = 4 };

static inline __attribute__((always_inline)) void tile(size_t rows, size_t quads, const int32_t *x, const int8_t *w, const int32_t *start, int32_t *y) {
  for (size_t r = 0; r < rows; r++) {
    int32_t sum[HW_PACK_WIDTH];
    memcpy(sum, start, sizeof sum);
    for (size_t k = 0; k < quads; k++) {
      uint8_t numbers[4];
      memcpy(numbers, &x[k * rows + r], sizeof numbers);
      const int8_t *quad = w + k * HW_PACK_WIDTH * 4;
      for (size_t i = 0; i < HW_PACK_WIDTH; i++)
        sum[i] += numbers[0] * quad[4 * i] + numbers[1] * quad[4 * i + 1] + numbers[2] * quad[4 * i + 2] + numbers[3] * quad[4 * i + 3];
    }
    memcpy(y + r * HW_PACK_WIDTH, sum, sizeof sum);
  }
}
#endif

static void quantized_tile(size_t rows, size_t quads, const int32_t *x, const int8_t *w, const int32_t *start, int32_t *y) {
  switch (rows) { /* a loop of its own for each number of rows: sums stay in registers */
    case 1: tile(1, quads, x, w, start, y); break;
    case 2: tile(2, quads, x, w, start, y); break;
    case 3: tile(3, quads, x, w, start, y); break;
    case 4: tile(4, quads, x, w, start, y); break;
#if defined(__AVX512VNNI__) || (defined(__AVX2__) && !defined(__AVX512BW__) && !defined(__AVXVNNI__))
    case 5: tile(5, quads, x, w, start, y); break;
    case 6: tile(6, quads, x, w, start, y); break;
#endif
#if defined(__AVX512VNNI__)
    case 7: tile(7, quads, x, w, start, y); break;
    case 8: tile(8, quads, x, w, start, y); break;
#endif
    default: break;
  }
}

const hw_quantized_kernel HW_ISA_NAME(hw_quantized_kernel) = {
#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
    .name = "VNNI",
#else
    .name = "16-bit products",
#endif
    .tile_rows = ROWS,
    .tile = quantized_tile,
};
