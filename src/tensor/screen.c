/* SPDX-License-Identifier: Apache-2.0
 * From products of 8-bit numbers to scores that are near the true ones, and the true ones of a few outputs. */
#include "tensor/isa_kernels.h"
#include "tensor/lanes.h"

enum { PANEL_VECTORS = HW_PACK_WIDTH / HW_WIDTH };
_Static_assert(HW_PACK_WIDTH == 48, "HW_SCREEN_ROOM has room for panels of 48 outputs");

HW_INLINE float last_of(const hw_screen_list *list) { return list->n_least < list->k ? -INFINITY : list->least[list->k - 1]; }

HW_INLINE void note_least(hw_screen_list *list, float key) {
  if (list->n_least < list->k) list->n_least++;
  uint32_t place = list->n_least - 1;
  for (; place > 0 && key > list->least[place - 1]; place--) list->least[place] = list->least[place - 1];
  list->least[place] = key;
}

/* A line's sums in a panel. */
typedef struct panel_sums { hw_vector of[PANEL_VECTORS]; } panel_sums;

HW_INLINE panel_sums sum_panel(const hw_screen_line *line, const hw_screened_panels *panels, size_t panel) {
  panel_sums sums;
  for (size_t v = 0; v < PANEL_VECTORS; v++) sums.of[v] = hw_all(0);
  for (size_t p = 0; p < line->n_products; p++)
    for (size_t v = 0; v < PANEL_VECTORS; v++) {
      hw_integers product;
      memcpy(&product, line->products[p] + panel * panels->products_apart + v * HW_WIDTH, sizeof product);
      sums.of[v] += __builtin_convertvector(product, hw_vector) * hw_load(panels->steps + panel * HW_PACK_WIDTH + v * HW_WIDTH) * line->step[p];
    }
  for (size_t p = 0; p < line->n_parts; p++)
    for (size_t v = 0; v < PANEL_VECTORS; v++) sums.of[v] += hw_load(line->parts[p] + panel * panels->sums_apart + v * HW_WIDTH);
  for (size_t v = 0; v < PANEL_VECTORS; v++) hw_store(line->sums + panel * panels->sums_apart + v * HW_WIDTH, sums.of[v]);
  return sums;
}

/* Scores and errors of a line in panels, and which of them reach far enough. */
typedef struct panel_scores {
  float scores[HW_SCREEN_PANELS * HW_PACK_WIDTH], errors[HW_SCREEN_PANELS * HW_PACK_WIDTH];
  uint64_t reaching[2][HW_SCREEN_PANELS];
} panel_scores;

HW_INLINE void add_to_list(hw_screen_list *list, const uint64_t *reaching, float sign, const hw_screened_panels *panels, const panel_scores *found) {
  float last = last_of(list);
  uint32_t n = list->n;
  for (size_t first = 0; first < panels->n; first += HW_PACK_WIDTH, reaching++)
    for (uint64_t bits = *reaching; bits; bits &= bits - 1) {
      size_t i = first + (size_t)__builtin_ctzll(bits);
      float key = sign * found->scores[i], error = found->errors[i];
      list->ids[n] = (int32_t)(panels->first + i);
      list->keys[n] = key;
      list->errors[n++] = error;
      if (!(key - error > last)) continue;
      note_least(list, key - error);
      last = last_of(list);
    }
  list->n = n;
}

size_t HW_ISA_NAME(hw_screen_panels)(hw_screen_line *lines, size_t first, size_t n, const hw_screened_panels *panels) {
  enum { MOST = HW_SCREEN_ROOM - HW_SCREEN_PANELS * HW_PACK_WIDTH };
  panel_scores found;
  size_t n_panels = (panels->n + HW_PACK_WIDTH - 1) / HW_PACK_WIDTH, of_last = panels->n - (n_panels - 1) * HW_PACK_WIDTH;
  for (size_t i = first; i < n; i++) {
    const hw_screen_line line = lines[i]; /* a copy: what is stored does not change it */
    const hw_vector shift = hw_all(line.shift), of_norm = hw_all(line.of_norm), of_lost = hw_all(line.of_lost);
    uint64_t any[2] = {0};
    for (size_t p = 0; p < n_panels; p++) {
      panel_sums sums = sum_panel(&line, panels, p);
      uint64_t high = 0, low = 0, inside = p + 1 < n_panels ? UINT64_MAX : ((uint64_t)1 << of_last) - 1;
      for (size_t v = 0; v < PANEL_VECTORS; v++) {
        size_t at = p * HW_PACK_WIDTH + v * HW_WIDTH;
        hw_vector add = shift;
        if (line.with_beta) add += hw_load(panels->beta + at);
        hw_vector score = hw_fma(sums.of[v], hw_all(line.scale), add);
        hw_vector error = hw_fma(of_norm, hw_load(panels->norm + at), hw_fma(of_lost, hw_load(panels->lost + at), hw_all(line.constant)));
        high |= hw_bits_at_least(error + score, hw_all(line.wanted[0])) << (v * HW_WIDTH);
        low |= hw_bits_at_least(error - score, hw_all(line.wanted[1])) << (v * HW_WIDTH);
        hw_store(found.scores + at, score);
        hw_store(found.errors + at, error);
      }
      any[0] |= found.reaching[0][p] = high & inside;
      any[1] |= found.reaching[1][p] = low & inside;
    }
    for (int end = 0; end < 2; end++) {
      hw_screen_list *list = &line.lists[end];
      if (!any[end] || !list->k || list->overfull) continue; /* where a score or an error is infinite, it reaches anything */
      add_to_list(list, found.reaching[end], end ? -1 : 1, panels, &found);
      lines[i].wanted[end] = last_of(list);
    }
    if ((any[0] && !line.lists[0].overfull && line.lists[0].n > MOST) || (any[1] && !line.lists[1].overfull && line.lists[1].n > MOST)) return i;
  }
  return n;
}

uint32_t HW_ISA_NAME(hw_screen_sort_out)(hw_screen_list *list) {
  float last = last_of(list);
  uint32_t kept = 0, front = 0;
  for (uint32_t i = 0; i < list->n; i++) { /* no branch: which ones reach cannot be foreseen */
    float key = list->keys[i], error = list->errors[i];
    list->ids[kept] = list->ids[i];
    list->keys[kept] = key;
    list->errors[kept] = error;
    kept += key + error >= last;
  }
  list->n = kept;
  for (uint32_t i = 0; i < kept; i++) {
    int32_t id = list->ids[i];
    float key = list->keys[i], error = list->errors[i];
    if (!(key - error >= last)) continue;
    list->ids[i] = list->ids[front];
    list->keys[i] = list->keys[front];
    list->errors[i] = list->errors[front];
    list->ids[front] = id;
    list->keys[front] = key;
    list->errors[front++] = error;
  }
  return front;
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

/* n_vectors (a constant where this is compiled) times HW_WIDTH outputs. */
HW_INLINE void chains(const float *x, const float *const *w, size_t n_vectors, size_t n, float *out) {
  for (size_t first = 0; first < n; first += HW_CHAIN_INPUTS) {
    size_t end = n - first < HW_CHAIN_INPUTS ? n : first + HW_CHAIN_INPUTS, k = first;
    hw_vector sum[HW_CHAINS / HW_WIDTH];
    for (size_t v = 0; v < n_vectors; v++) sum[v] = hw_all(0);
    for (; k + 4 <= end; k += 4)
      for (size_t v = 0; v < n_vectors; v++) {
        hw_vector input[4];
        turn(w + v * HW_WIDTH, k, input);
        for (size_t i = 0; i < 4; i++) sum[v] = hw_fma(hw_all(x[k + i]), input[i], sum[v]);
      }
    for (; k < end; k++)
      for (size_t v = 0; v < n_vectors; v++) {
        float input[HW_WIDTH];
        for (size_t r = 0; r < HW_WIDTH; r++) input[r] = w[v * HW_WIDTH + r][k];
        sum[v] = hw_fma(hw_all(x[k]), hw_load(input), sum[v]);
      }
    for (size_t v = 0; v < n_vectors; v++) {
      if (first) sum[v] = hw_load(out + v * HW_WIDTH) + sum[v];
      hw_store(out + v * HW_WIDTH, sum[v]);
    }
  }
}

void HW_ISA_NAME(hw_chains)(const float *x, const float *const *w, size_t n_outputs, size_t n, float *out) {
  enum { FEW = 16 };
  _Static_assert(FEW % HW_WIDTH == 0 && HW_CHAINS % HW_WIDTH == 0, "whole vectors");
  if (n_outputs <= FEW)
    chains(x, w, FEW / HW_WIDTH, n, out);
  else
    chains(x, w, HW_CHAINS / HW_WIDTH, n, out);
}
