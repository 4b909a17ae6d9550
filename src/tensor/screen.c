/* SPDX-License-Identifier: Apache-2.0
 * From products of 8-bit numbers to scores that are near the true ones, and the true ones of a few outputs. */
#include "tensor/isa_kernels.h"
#include "tensor/lanes.h"

void HW_ISA_NAME(hw_screen_panel)(const hw_screen_line *line, const float *steps, float *sums, float *scores, uint64_t *high, uint64_t *low) {
  *high = *low = 0;
  for (size_t i = 0; i < HW_PACK_WIDTH; i += HW_WIDTH) {
    hw_vector sum = hw_all(0);
    for (size_t p = 0; p < line->n_products; p++) {
      hw_integers product;
      memcpy(&product, line->products[p] + i, sizeof product);
      sum += __builtin_convertvector(product, hw_vector) * hw_load(steps + i) * line->step[p];
    }
    for (size_t p = 0; p < line->n_parts; p++) sum += hw_load(line->parts[p] + i);
    hw_store(sums + i, sum);
    hw_vector shift = hw_all(line->shift);
    if (line->beta) shift += hw_load(line->beta + i);
    hw_vector score = hw_fma(sum, hw_all(line->scale), shift);
    hw_store(scores + i, score);
    *high |= hw_bits_of(score >= line->least_high) << i;
    *low |= hw_bits_of(score <= line->most_low) << i;
  }
}

/* Lanes in groups of four: those of a and b that the pattern takes. */
#if defined(__AVX512F__)
#define GROUPS(pattern) pattern(0), pattern(4), pattern(8), pattern(12)
#elif defined(__AVX2__)
#define GROUPS(pattern) pattern(0), pattern(4)
#else
#define GROUPS(pattern) pattern(0)
#endif
#define FIRST_PAIRS(g) g, g + HW_WIDTH, g + 1, g + HW_WIDTH + 1
#define LAST_PAIRS(g) g + 2, g + HW_WIDTH + 2, g + 3, g + HW_WIDTH + 3
#define FIRST_HALVES(g) g, g + 1, g + HW_WIDTH, g + HW_WIDTH + 1
#define LAST_HALVES(g) g + 2, g + 3, g + HW_WIDTH + 2, g + HW_WIDTH + 3

/* Four inputs of outputs r, r + 4, r + 8...: a vector of them. */
HW_INLINE hw_vector four_inputs(const float *const *w, size_t k) {
#if defined(__AVX512F__)
  __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(w[0] + k));
  v = _mm512_insertf32x4(v, _mm_loadu_ps(w[4] + k), 1);
  v = _mm512_insertf32x4(v, _mm_loadu_ps(w[8] + k), 2);
  return (hw_vector)_mm512_insertf32x4(v, _mm_loadu_ps(w[12] + k), 3);
#elif defined(__AVX2__)
  return (hw_vector)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(w[0] + k)), _mm_loadu_ps(w[4] + k), 1);
#else
  return hw_load(w[0] + k);
#endif
}

/* Four inputs of HW_WIDTH outputs: those of input k + i in input[i]. */
HW_INLINE void turn(const float *const *w, size_t k, hw_vector input[4]) {
  hw_vector a = four_inputs(w, k), b = four_inputs(w + 1, k), c = four_inputs(w + 2, k), d = four_inputs(w + 3, k);
  hw_vector ab = HW_SHUFFLED(a, b, GROUPS(FIRST_PAIRS)), ab_last = HW_SHUFFLED(a, b, GROUPS(LAST_PAIRS));
  hw_vector cd = HW_SHUFFLED(c, d, GROUPS(FIRST_PAIRS)), cd_last = HW_SHUFFLED(c, d, GROUPS(LAST_PAIRS));
  input[0] = HW_SHUFFLED(ab, cd, GROUPS(FIRST_HALVES));
  input[1] = HW_SHUFFLED(ab, cd, GROUPS(LAST_HALVES));
  input[2] = HW_SHUFFLED(ab_last, cd_last, GROUPS(FIRST_HALVES));
  input[3] = HW_SHUFFLED(ab_last, cd_last, GROUPS(LAST_HALVES));
}

enum { CHAIN_VECTORS = HW_CHAINS / HW_WIDTH };

void HW_ISA_NAME(hw_chains)(const float *x, const float *const *w, size_t n, float *out) {
  for (size_t first = 0; first < n; first += HW_CHAIN_INPUTS) {
    size_t end = n - first < HW_CHAIN_INPUTS ? n : first + HW_CHAIN_INPUTS, k = first;
    hw_vector sum[CHAIN_VECTORS];
    for (size_t v = 0; v < CHAIN_VECTORS; v++) sum[v] = hw_all(0);
    for (; k + 4 <= end; k += 4)
      for (size_t v = 0; v < CHAIN_VECTORS; v++) {
        hw_vector input[4];
        turn(w + v * HW_WIDTH, k, input);
        for (size_t i = 0; i < 4; i++) sum[v] = hw_fma(hw_all(x[k + i]), input[i], sum[v]);
      }
    for (; k < end; k++)
      for (size_t v = 0; v < CHAIN_VECTORS; v++) {
        float input[HW_WIDTH];
        for (size_t r = 0; r < HW_WIDTH; r++) input[r] = w[v * HW_WIDTH + r][k];
        sum[v] = hw_fma(hw_all(x[k]), hw_load(input), sum[v]);
      }
    for (size_t v = 0; v < CHAIN_VECTORS; v++) {
      if (first) sum[v] = hw_load(out + v * HW_WIDTH) + sum[v];
      hw_store(out + v * HW_WIDTH, sum[v]);
    }
  }
}
