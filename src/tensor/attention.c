/* SPDX-License-Identifier: Apache-2.0
 * Attention weights of a query, and what they sum. */
#include "tensor/functions.h"
#include "tensor/isa_kernels.h"

enum { KEYS_AT_ONCE = 4 };

/* Folded products of q with KEYS_AT_ONCE keys. */
HW_INLINE void folded_products(const float *q, const float *const key[KEYS_AT_ONCE], size_t d_head, hw_vector *out) {
  hw_lanes sums[KEYS_AT_ONCE] = {0};
  size_t i = 0;
  for (; i + HW_LANES <= d_head; i += HW_LANES)
    for (int v = 0; v < HW_VECTORS; v++) {
      hw_vector of_query = hw_load(q + i + v * HW_WIDTH);
      for (int k = 0; k < KEYS_AT_ONCE; k++) sums[k].of[v] = hw_fma(of_query, hw_load(key[k] + i + v * HW_WIDTH), sums[k].of[v]);
    }
  if (i < d_head)
    for (int v = 0; v < HW_VECTORS; v++) { /* the rest counts as zeros */
      size_t at = i + (size_t)v * HW_WIDTH, left = at < d_head ? d_head - at : 0;
      hw_vector of_query = hw_load_up_to(q + at, left, 0);
      for (int k = 0; k < KEYS_AT_ONCE; k++) sums[k].of[v] = hw_fma(of_query, hw_load_up_to(key[k] + at, left, 0), sums[k].of[v]);
    }
  for (int k = 0; k < KEYS_AT_ONCE; k++) out[k] = hw_fold(&sums[k]);
}

/* out[j] = scale * q . k_j. Past the last key the last one is read again, and the result dropped. */
HW_INLINE void scores(const float *q, const float *k, size_t ldk, size_t n_keys, size_t d_head, float scale, float *out) {
  for (size_t first = 0; first < n_keys; first += HW_WIDTH) {
    size_t count = n_keys - first < HW_WIDTH ? n_keys - first : HW_WIDTH;
    hw_vector folded[HW_WIDTH] = {{0}};
    for (size_t j = 0; j < count; j += KEYS_AT_ONCE) {
      const float *key[KEYS_AT_ONCE];
      for (size_t i = 0; i < KEYS_AT_ONCE; i++) key[i] = k + (first + (j + i < count ? j + i : count - 1)) * ldk;
      folded_products(q, key, d_head, folded + j);
    }
    hw_vector found = scale * hw_sum_each(folded);
    if (count == HW_WIDTH) hw_store(out + first, found);
    else hw_store_some(out + first, count, found);
  }
}

void HW_ISA_NAME(hw_attention_row)(const float *q, const float *k, size_t ldk, size_t n_keys, size_t d_head, const hw_scoring *scoring, float *out) {
  scores(q, k, ldk, n_keys, d_head, scoring->scale, out);
  if (scoring->cap > 0) HW_ISA_NAME(hw_soft_cap)(out, n_keys, scoring->cap);
  for (size_t j = 0; scoring->slope > 0 && j < n_keys; j++) out[j] -= scoring->slope * (float)(n_keys - 1 - j);
  float largest = HW_ISA_NAME(hw_max)(out, n_keys);
  if (scoring->sink && *scoring->sink > largest) largest = *scoring->sink;
  float sum = HW_ISA_NAME(hw_exp_sum)(out, n_keys, largest);
  if (scoring->sink) sum += hw_vector_exp(hw_all(*scoring->sink - largest))[0];
  for (size_t j = 0; j < n_keys; j++) out[j] /= sum;
}

/* Even and odd keys are summed apart, then added. COLUMNS vectors at a time, so that the sums fit the registers. */
enum { COLUMNS = 4 };

HW_INLINE void sum_columns(const float *a, const float *v, size_t ldv, size_t n_keys, hw_vector out[COLUMNS]) {
  hw_vector even[COLUMNS] = {{0}}, odd[COLUMNS] = {{0}};
  size_t j = 0;
  for (; j + 2 <= n_keys; j += 2)
    for (int c = 0; c < COLUMNS; c++) {
      even[c] = hw_fma(hw_all(a[j]), hw_load(v + j * ldv + c * HW_WIDTH), even[c]);
      odd[c] = hw_fma(hw_all(a[j + 1]), hw_load(v + (j + 1) * ldv + c * HW_WIDTH), odd[c]);
    }
  if (j < n_keys)
    for (int c = 0; c < COLUMNS; c++) even[c] = hw_fma(hw_all(a[j]), hw_load(v + j * ldv + c * HW_WIDTH), even[c]);
  for (int c = 0; c < COLUMNS; c++) out[c] = even[c] + odd[c];
}

HW_INLINE hw_vector sum_some(const float *a, const float *v, size_t ldv, size_t n_keys, size_t n) {
  hw_vector sums[2] = {{0}};
  for (size_t j = 0; j < n_keys; j++) sums[j % 2] = hw_fma(hw_all(a[j]), n < HW_WIDTH ? hw_load_some(v + j * ldv, n, 0) : hw_load(v + j * ldv), sums[j % 2]);
  return sums[0] + sums[1];
}

void HW_ISA_NAME(hw_weighted_sum)(const float *a, const float *v, size_t ldv, size_t n_keys, size_t d_head, float *out) {
  size_t i = 0;
  for (; i + COLUMNS * HW_WIDTH <= d_head; i += COLUMNS * HW_WIDTH) {
    hw_vector sums[COLUMNS];
    sum_columns(a, v + i, ldv, n_keys, sums);
    for (int c = 0; c < COLUMNS; c++) hw_store(out + i + c * HW_WIDTH, sums[c]);
  }
  for (; i < d_head; i += HW_WIDTH) {
    size_t left = d_head - i;
    hw_store_some(out + i, left < HW_WIDTH ? left : HW_WIDTH, sum_some(a, v + i, ldv, n_keys, left));
  }
}
