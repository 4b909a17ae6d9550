/* SPDX-License-Identifier: Apache-2.0
 * The inner loop of the matrix product. Each output is one chain of fused multiply-adds in the order of the inputs, whatever the width of a
 * vector and the number of rows, so a row has the same bits beside any others, on every processor. */
#include <math.h>
#include <string.h>

#include "tensor/isa_kernels.h"
#include "tensor/square.h"

#if defined(__AVX512F__)
#include <immintrin.h>
typedef __m512 vector;
enum { LANES = 16, UNROLLED = 1 };
static inline vector load(const float *p) { return _mm512_loadu_ps(p); }
static inline void store(float *p, vector v) { _mm512_storeu_ps(p, v); }
static inline vector spread(float v) { return _mm512_set1_ps(v); }
static inline vector multiply_add(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }
static inline vector plus(vector a, vector b) { return _mm512_add_ps(a, b); }
#elif defined(__AVX2__)
#include <immintrin.h>
typedef __m256 vector;
enum { LANES = 8, UNROLLED = 4 };
static inline vector load(const float *p) { return _mm256_loadu_ps(p); }
static inline void store(float *p, vector v) { _mm256_storeu_ps(p, v); }
static inline vector spread(float v) { return _mm256_set1_ps(v); }
static inline vector multiply_add(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }
static inline vector plus(vector a, vector b) { return _mm256_add_ps(a, b); }
#else
typedef float vector __attribute__((vector_size(16)));
enum { LANES = 4, UNROLLED = 1 };
static inline vector load(const float *p) {
  vector v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline void store(float *p, vector v) { memcpy(p, &v, sizeof v); }
static inline vector spread(float v) { return (vector){v, v, v, v}; }
static inline vector multiply_add(vector a, vector b, vector c) {
  return (vector){fmaf(a[0], b[0], c[0]), fmaf(a[1], b[1], c[1]), fmaf(a[2], b[2], c[2]), fmaf(a[3], b[3], c[3])};
}
static inline vector plus(vector a, vector b) { return a + b; }
#endif

enum { STEP = HW_TILE_OUTPUTS, VECTORS = STEP / LANES, FETCHED = STEP * 4 }; /* outputs of a pass; bytes of their weights for one input */

/* The first `count` of STEP sums of a row. */
static void store_some(const vector *sum, float *y, size_t count, bool add) {
  float values[STEP];
  for (size_t v = 0; v < VECTORS; v++) store(values + v * LANES, sum[v]);
  for (size_t i = 0; i < count; i++) y[i] = add ? y[i] + values[i] : values[i];
}

static inline __attribute__((always_inline)) void tile(size_t rows, size_t depth, const float *x, const float *w, float *y, size_t ldy,
                                                       size_t width, bool add, const hw_fetch *fetch) {
  const char *ahead = fetch->at;
  size_t ahead_step = fetch->bytes * STEP / HW_PACK_WIDTH / depth;
  for (size_t first = 0; first < width; first += STEP) {
    vector sum[HW_TILE_ROWS][VECTORS];
    for (size_t r = 0; r < rows; r++)
      for (size_t v = 0; v < VECTORS; v++) sum[r][v] = spread(0);
    hw_fetch_outputs(y + first, ldy, rows, first + STEP > width ? width - first : (size_t)STEP);
    const float *weights = w + first;
#pragma GCC unroll UNROLLED
    for (size_t k = 0; k < depth; k++, weights += HW_PACK_WIDTH) {
      vector of_input[VECTORS];
      for (size_t v = 0; v < VECTORS; v++) of_input[v] = load(weights + v * LANES);
      for (size_t i = 0; i < FETCHED; i += 64) __builtin_prefetch(ahead + i, 0, 2);
      ahead += ahead_step;
      for (size_t r = 0; r < rows; r++) {
        vector value = spread(x[k * rows + r]);
        for (size_t v = 0; v < VECTORS; v++) sum[r][v] = multiply_add(value, of_input[v], sum[r][v]);
      }
    }
    for (size_t r = 0; r < rows; r++) {
      float *out = y + r * ldy + first;
      if (first + STEP > width) {
        store_some(sum[r], out, width - first, add);
        continue;
      }
      for (size_t v = 0; v < VECTORS; v++) store(out + v * LANES, add ? plus(load(out + v * LANES), sum[r][v]) : sum[r][v]);
    }
  }
}

static inline __attribute__((always_inline)) void pack(size_t rows, size_t depth, const float *x, size_t ldx, float *out) {
  size_t k = 0, turned = rows / HW_SQUARE_SIDE * HW_SQUARE_SIDE;
  for (; k + HW_SQUARE_SIDE <= depth; k += HW_SQUARE_SIDE) {
    for (size_t r = 0; r < turned; r += HW_SQUARE_SIDE) hw_turn_square(x + r * ldx + k, ldx, out + k * rows + r, rows);
    for (size_t i = k; i < k + HW_SQUARE_SIDE; i++)
      for (size_t r = turned; r < rows; r++) out[i * rows + r] = x[r * ldx + i];
  }
  for (; k < depth; k++)
    for (size_t r = 0; r < rows; r++) out[k * rows + r] = x[r * ldx + k];
}

/* A loop of its own for each number of rows: sums stay in registers. */
#if defined(__AVX512F__)
#define ROWS(CASE) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8)
#elif defined(__AVX2__)
#define ROWS(CASE) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#else
#define ROWS(CASE) CASE(1) CASE(2) CASE(3) CASE(4)
#endif

void HW_ISA_NAME(hw_gemm_tile)(size_t rows, size_t depth, const float *x, const float *w, float *y, size_t ldy, size_t width, bool add,
                                const hw_fetch *fetch) {
#define TILE(n) case n: tile(n, depth, x, w, y, ldy, width, add, fetch); break;
  switch (rows) {
    ROWS(TILE)
    default: break;
  }
}

void HW_ISA_NAME(hw_pack_tile)(size_t rows, size_t depth, const float *x, size_t ldx, float *out) {
#define PACK(n) case n: pack(n, depth, x, ldx, out); break;
  switch (rows) {
    ROWS(PACK)
    default: break;
  }
}

double HW_ISA_NAME(hw_peak_loop)(size_t n) {
  vector sum[HW_TILE_ROWS][VECTORS], half = spread(0.5f), one = spread(1);
  for (size_t r = 0; r < HW_TILE_ROWS; r++)
    for (size_t v = 0; v < VECTORS; v++) sum[r][v] = spread((float)(r * VECTORS + v)); /* each its own: compilers make one of equal ones */
  for (size_t k = 0; k < n; k++)
    for (size_t r = 0; r < HW_TILE_ROWS; r++)
      for (size_t v = 0; v < VECTORS; v++) sum[r][v] = multiply_add(sum[r][v], half, one);
  vector all = spread(0);
  for (size_t r = 0; r < HW_TILE_ROWS; r++)
    for (size_t v = 0; v < VECTORS; v++) all = plus(all, sum[r][v]);
  float values[LANES];
  store(values, all);
  return values[0] > 0 ? 2.0 * (double)n * HW_TILE_ROWS * VECTORS * LANES : 0; /* every sum ends at 2: the loop has a result */
}
