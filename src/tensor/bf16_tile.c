/* SPDX-License-Identifier: Apache-2.0
 * Products of pairs in BF16. HW_ISA may also be v4_bf16: with the processor's instruction for a pair. Without it, fused multiply-adds that
 * flush what they take and give, or float64: the same bits. */
#include "tensor/bf16.h"

#include <math.h>

enum { PAIR_BYTES = 4 };

#if defined(__AVX512F__)
#include <immintrin.h>
typedef __m512 vector;
enum { ROWS = 8, LANES = 16, VECTORS = 3 };
static inline vector load(const void *p) { return _mm512_loadu_ps(p); }
static inline void store(float *p, vector v) { _mm512_storeu_ps(p, v); }
static inline vector zero(void) { return _mm512_setzero_ps(); }
static inline vector spread(const char *pair) {
  int32_t bits;
  memcpy(&bits, pair, sizeof bits);
  return _mm512_castsi512_ps(_mm512_set1_epi32(bits));
}
#elif defined(__AVX2__)
#include <immintrin.h>
typedef __m256 vector;
enum { ROWS = 4, LANES = 8, VECTORS = 2 };
static inline vector load(const void *p) { return _mm256_loadu_ps(p); }
static inline void store(float *p, vector v) { _mm256_storeu_ps(p, v); }
static inline vector zero(void) { return _mm256_setzero_ps(); }
static inline vector spread(const char *pair) {
  int32_t bits;
  memcpy(&bits, pair, sizeof bits);
  return _mm256_castsi256_ps(_mm256_set1_epi32(bits));
}
#else
enum { ROWS = 4, LANES = 4, VECTORS = 2 };
typedef struct vector { float of[LANES]; } vector;
static inline vector load(const void *p) {
  vector v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline void store(float *p, vector v) { memcpy(p, &v, sizeof v); }
static inline vector zero(void) { return (vector){{0}}; }
static inline vector spread(const char *pair) {
  vector v;
  for (size_t i = 0; i < LANES; i++) memcpy(&v.of[i], pair, PAIR_BYTES);
  return v;
}
#endif

#if defined(__AVX512BF16__)
/* gcc 12 copies sums to the stack and back around the intrinsic. */
static inline vector add_pair(vector sum, vector x, vector w) {
  __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
  return sum;
}
static unsigned begin_flushing(void) { return 0; }
static void end_flushing(unsigned before) { (void)before; }
#elif defined(__AVX2__)
#if defined(__AVX512F__)
static inline vector low(vector v) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(v), 16)); }
static inline vector high(vector v) { return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(v), _mm512_set1_epi32(-0x10000))); }
static inline vector multiply_add(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }
#else
static inline vector low(vector v) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(v), 16)); }
static inline vector high(vector v) { return _mm256_and_ps(v, _mm256_castsi256_ps(_mm256_set1_epi32(-0x10000))); }
static inline vector multiply_add(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }
#endif
static inline vector add_pair(vector sum, vector x, vector w) { return multiply_add(low(x), low(w), multiply_add(high(x), high(w), sum)); }
/* What multiply_add takes and gives is flushed, as by the instruction, while these bits of MXCSR are set. */
static unsigned begin_flushing(void) {
  unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040u);
  return before;
}
static void end_flushing(unsigned before) { _mm_setcsr(before); }
#else
/* The product of two BF16 is exact in float64. The sum is rounded to 53 bits, which changes no later rounding: where more bits are needed,
 * the smaller one lies below all bits that decide. */
static inline float add_product(float sum, float x, float w) {
  double exact = (double)sum + (double)x * (double)w, magnitude = fabs(exact);
  return magnitude < 0x1p-126 - 0x1p-151 ? copysignf(0, (float)exact) : (float)exact;
}
static inline float taken(uint16_t half) { return hw_bf16_value(half & 0x7F80u ? half : half & 0x8000u); }
static inline vector add_pair(vector sum, vector x, vector w) {
  for (size_t i = 0; i < LANES; i++) {
    uint16_t of_x[2], of_w[2];
    memcpy(of_x, &x.of[i], sizeof of_x);
    memcpy(of_w, &w.of[i], sizeof of_w);
    sum.of[i] = add_product(add_product(sum.of[i], taken(of_x[1]), taken(of_w[1])), taken(of_x[0]), taken(of_w[0]));
  }
  return sum;
}
static unsigned begin_flushing(void) { return 0; }
static void end_flushing(unsigned before) { (void)before; }
#endif

enum { STEP = LANES * VECTORS, FETCHED = STEP * PAIR_BYTES }; /* outputs of a pass; bytes of their weights for one pair */

static inline __attribute__((always_inline)) void sum_rows(size_t rows, size_t pairs, const char *x, const char *w, size_t width, const hw_fetch *fetch,
                                                           float *sums) {
  const char *ahead = fetch->at;
  size_t ahead_step = fetch->bytes * STEP / HW_PACK_WIDTH / pairs;
  for (size_t first = 0; first < width; first += STEP) {
    vector sum[ROWS][VECTORS];
    for (size_t r = 0; r < rows; r++)
      for (size_t v = 0; v < VECTORS; v++) sum[r][v] = zero();
    const char *weights = w + first * PAIR_BYTES;
    for (size_t k = 0; k < pairs; k++, weights += HW_PACK_WIDTH * PAIR_BYTES) {
      vector of_pair[VECTORS];
      for (size_t v = 0; v < VECTORS; v++) of_pair[v] = load(weights + v * LANES * PAIR_BYTES);
      for (size_t i = 0; i < FETCHED; i += 64) __builtin_prefetch(ahead + i, 0, 2);
      ahead += ahead_step;
      for (size_t r = 0; r < rows; r++) {
        vector value = spread(x + (r * HW_CHAIN_CELLS + k) * PAIR_BYTES);
        for (size_t v = 0; v < VECTORS; v++) sum[r][v] = add_pair(sum[r][v], value, of_pair[v]);
      }
    }
    for (size_t r = 0; r < rows; r++)
      for (size_t v = 0; v < VECTORS; v++) store(sums + r * HW_PACK_WIDTH + first + v * LANES, sum[r][v]);
  }
}

/* sums[rows][HW_PACK_WIDTH]. Not inlined: its operations stay between the two settings of MXCSR. A loop of its own for each number of rows: sums
 * stay in registers. */
static __attribute__((noinline)) void sum_tile(size_t rows, size_t pairs, const char *x, const char *w, size_t width, const hw_fetch *fetch, float *sums) {
  switch (rows) {
    case 1: sum_rows(1, pairs, x, w, width, fetch, sums); break;
    case 2: sum_rows(2, pairs, x, w, width, fetch, sums); break;
    case 3: sum_rows(3, pairs, x, w, width, fetch, sums); break;
    case 4: sum_rows(4, pairs, x, w, width, fetch, sums); break;
#if defined(__AVX512F__)
    case 5: sum_rows(5, pairs, x, w, width, fetch, sums); break;
    case 6: sum_rows(6, pairs, x, w, width, fetch, sums); break;
    case 7: sum_rows(7, pairs, x, w, width, fetch, sums); break;
    case 8: sum_rows(8, pairs, x, w, width, fetch, sums); break;
#endif
    default: break;
  }
}

static void bf16_tile(size_t rows, size_t pairs, const void *x, const void *w, float *y, size_t ldy, size_t width, bool add, const hw_fetch *fetch) {
  float sums[ROWS * HW_PACK_WIDTH];
  hw_fetch_outputs(y, ldy, rows, width);
  unsigned before = begin_flushing();
  sum_tile(rows, pairs, x, w, width, fetch, sums);
  end_flushing(before);
  for (size_t r = 0; r < rows; r++) {
    const float *sum = sums + r * HW_PACK_WIDTH;
    float *out = y + r * ldy;
    if (!add)
      memcpy(out, sum, width * sizeof *out);
    else if (width == HW_PACK_WIDTH)
      for (size_t i = 0; i < HW_PACK_WIDTH; i++) out[i] += sum[i];
    else
      for (size_t i = 0; i < width; i++) out[i] += sum[i];
  }
}

static void bf16_round(const float *x, size_t n, uint16_t *out) {
  size_t i = 0;
#if defined(__AVX512BF16__)
  for (; i + LANES <= n; i += LANES) {
    __m256i rounded;
    __asm__("vcvtneps2bf16 %1, %0" : "=v"(rounded) : "v"(load(x + i)));
    _mm256_storeu_si256((__m256i *)(void *)(out + i), rounded);
  }
#endif
  for (; i < n; i++) out[i] = hw_bf16_of(x[i]);
  if (n % 2) out[n] = 0;
}

#if defined(__AVX512BF16__)
/* Pairs as higher and lower half of 32 bits. */
#define PAIR(of_odd, of_even) ((uint32_t)(of_odd) << 16 | (of_even))
static const struct { uint32_t sum, x, w, want; } known[LANES] = {
    {0xBF800000, PAIR(0x3F80, 0x3080), PAIR(0x3F80, 0x3F80), 0x30800000}, /* (-1 + 1) + 2^-30: the odd one first */
    {0x3F800000, PAIR(0x3380, 0x3380), PAIR(0x3F80, 0x3F80), 0x3F800000}, /* 1 + 2^-24, twice: rounded each time */
    {0x3F800001, PAIR(0x3380, 0), PAIR(0x3F80, 0), 0x3F800002},           /* a tie goes to the even one */
    {0x3F800000, PAIR(0x3381, 0), PAIR(0x3F80, 0), 0x3F800001},           /* just above a tie */
    {0xFF000000, PAIR(0x5F80, 0), PAIR(0x5F80, 0), 0x7F000000},           /* 2^128 - 2^127: the product is not rounded */
    {0, PAIR(0x0001, 0x007F), PAIR(0x7E80, 0x7E80), 0},                   /* what lies below 2^-126 is taken as 0 */
    {0x00000001, 0, 0, 0},                                                /* so is the sum */
    {0x80000000, PAIR(0x9C80, 0x8000), PAIR(0x1C80, 0x3F80), 0x80000000}, /* and given as 0: -2^-140 - 0 */
    {0x00800000, PAIR(0x9980, 0), PAIR(0x1A00, 0), 0x00800000},           /* 2^-126 - 2^-151: rounded to 24 bits 2^-126 */
    {0x00800000, PAIR(0x99C0, 0), PAIR(0x1A00, 0), 0},                    /* 2^-126 - 3 2^-152: not */
    {0x00800000, PAIR(0x9F80, 0x1F80), PAIR(0x2000, 0x2080), 0x00800000}, /* 2^-126 - 2^-127 is flushed, then + 2^-126 */
    {0x7F7FFFFF, PAIR(0x5980, 0xD980), PAIR(0x5980, 0x5980), 0x7F800000}, /* an overflow stays */
    {0x7F800000, PAIR(0xFF80, 0), PAIR(0x3F80, 0), 0x7FC00000},           /* inf - inf; any NaN */
    {0xC0490FDB, PAIR(0x402E, 0x3EAB), PAIR(0x3FB5, 0xBF13), 0x3F02D814}, /* usual numbers */
    {0x3DCCCCCD, PAIR(0xBE4D, 0x3DCD), PAIR(0x3E9A, 0x3F66), 0x3E04D466},
    {0x00000000, PAIR(0x3F12, 0xBD77), PAIR(0x3C03, 0x3EEF), 0xBCC13E00},
};

static bool as_said(void) {
  uint32_t sum[LANES], x[LANES], w[LANES];
  for (size_t i = 0; i < LANES; i++) sum[i] = known[i].sum, x[i] = known[i].x, w[i] = known[i].w;
  float found[LANES];
  store(found, add_pair(load(sum), load(x), load(w)));
  for (size_t i = 0; i < LANES; i++) {
    float want;
    memcpy(&want, &known[i].want, sizeof want);
    if (isnan(want) ? !isnan(found[i]) : memcmp(&found[i], &want, sizeof want) != 0) return false;
  }
  return true;
}
#else
static bool as_said(void) { return true; }
#endif

const hw_bf16_kernel HW_ISA_NAME(hw_bf16_kernel) = {
#if defined(__AVX512BF16__)
    .name = "AVX512_BF16",
#else
    .name = "BF16 emulated",
#endif
    .tile_rows = ROWS,
    .as_said = as_said,
    .round = bf16_round,
    .tile = bf16_tile,
};
