/* SPDX-License-Identifier: Apache-2.0
 * Attention weights of a query, and what they sum. */
#include "tensor/functions.h"
#include "tensor/isa_kernels.h"

enum { KEYS_AT_ONCE = 4 };

/* Folded products of q with KEYS_AT_ONCE keys. */
HW_INLINE void folded_products(const float *q, const float *const key[KEYS_AT_ONCE], size_t d_head, hw_vector *out) {
  hw_lanes sums[KEYS_AT_ONCE];
  for (size_t k = 0; k < KEYS_AT_ONCE; k++) hw_lanes_clear(&sums[k]);
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

/* q . k_j of HW_WIDTH keys. Past the last of `count` keys the last one is read again. */
HW_INLINE hw_vector products(const float *q, const float *k, size_t ldk, size_t count, size_t d_head) {
  hw_vector folded[HW_WIDTH];
#pragma GCC unroll 16
  for (size_t j = 0; j < HW_WIDTH; j += KEYS_AT_ONCE) {
    const float *key[KEYS_AT_ONCE];
    for (size_t i = 0; i < KEYS_AT_ONCE; i++) key[i] = k + (j + i < count ? j + i : count - 1) * ldk;
    folded_products(q, key, d_head, folded + j);
  }
  return hw_sum_each(folded);
}

/* out[j] = scale * q . k_j */
HW_INLINE void scores(const float *q, const float *k, size_t ldk, size_t n_keys, size_t d_head, float scale, float *out) {
  size_t j = 0;
  for (; j + HW_WIDTH <= n_keys; j += HW_WIDTH) hw_store(out + j, scale * products(q, k + j * ldk, ldk, HW_WIDTH, d_head));
  if (j < n_keys) hw_store_some(out + j, n_keys - j, scale * products(q, k + j * ldk, ldk, n_keys - j, d_head));
}

void HW_ISA_NAME(hw_row_dots)(const float *x, const float *rows, size_t ld, size_t n_rows, size_t n, float *out) {
  scores(x, rows, ld, n_rows, n, 1, out);
}

/* Scores of a query into its weights. */
HW_INLINE void normalise(const hw_scoring *scoring, size_t n_keys, float *out) {
  if (scoring->cap > 0) HW_ISA_NAME(hw_soft_cap)(out, n_keys, scoring->cap);
  for (size_t j = 0; scoring->slope > 0 && j < n_keys; j++) out[j] -= scoring->slope * (float)(n_keys - 1 - j);
  float largest = HW_ISA_NAME(hw_max)(out, n_keys);
  if (scoring->sink && *scoring->sink > largest) largest = *scoring->sink;
  float sum = HW_ISA_NAME(hw_exp_sum)(out, n_keys, largest);
  if (scoring->sink) sum += hw_vector_exp(hw_all(*scoring->sink - largest))[0];
  for (size_t j = 0; j < n_keys; j++) out[j] /= sum;
}

void HW_ISA_NAME(hw_attention_row)(const float *q, const float *k, size_t ldk, size_t n_keys, size_t d_head, const hw_scoring *scoring, float *out) {
  scores(q, k, ldk, n_keys, d_head, scoring->scale, out);
  normalise(scoring, n_keys, out);
}

/* Keys are summed in their order, even and odd ones apart, COLUMNS vectors at a time, so that the sums fit the registers. */
enum { COLUMNS = 4 };

/* Adds the keys [begin, end), COLUMNS vectors of each. */
HW_INLINE void add_columns(const float *a, const float *v, size_t ldv, size_t begin, size_t end, float *even, float *odd) {
  hw_vector sums[2][COLUMNS];
  size_t j = begin;
  for (int c = 0; c < COLUMNS; c++) {
    sums[0][c] = hw_load(even + c * HW_WIDTH);
    sums[1][c] = hw_load(odd + c * HW_WIDTH);
  }
  if (j % 2 && j < end) {
    for (int c = 0; c < COLUMNS; c++) sums[1][c] = hw_fma(hw_all(a[j]), hw_load(v + j * ldv + c * HW_WIDTH), sums[1][c]);
    j++;
  }
  for (; j + 2 <= end; j += 2)
    for (int c = 0; c < COLUMNS; c++) {
      sums[0][c] = hw_fma(hw_all(a[j]), hw_load(v + j * ldv + c * HW_WIDTH), sums[0][c]);
      sums[1][c] = hw_fma(hw_all(a[j + 1]), hw_load(v + (j + 1) * ldv + c * HW_WIDTH), sums[1][c]);
    }
  if (j < end)
    for (int c = 0; c < COLUMNS; c++) sums[0][c] = hw_fma(hw_all(a[j]), hw_load(v + j * ldv + c * HW_WIDTH), sums[0][c]);
  for (int c = 0; c < COLUMNS; c++) {
    hw_store(even + c * HW_WIDTH, sums[0][c]);
    hw_store(odd + c * HW_WIDTH, sums[1][c]);
  }
}

/* Adds the keys [begin, end), `left` numbers of each, at most a vector. */
HW_INLINE void add_some(const float *a, const float *v, size_t ldv, size_t begin, size_t end, size_t left, float *even, float *odd) {
  hw_vector sums[2] = {hw_load_up_to(even, left, 0), hw_load_up_to(odd, left, 0)};
  for (size_t j = begin; j < end; j++) sums[j % 2] = hw_fma(hw_all(a[j]), hw_load_up_to(v + j * ldv, left, 0), sums[j % 2]);
  hw_store_some(even, left < HW_WIDTH ? left : HW_WIDTH, sums[0]);
  hw_store_some(odd, left < HW_WIDTH ? left : HW_WIDTH, sums[1]);
}

/* sums: even and odd ones, [2, d_head] */
HW_INLINE void add_keys(const float *a, const float *v, size_t ldv, size_t begin, size_t end, size_t d_head, float *sums) {
  size_t i = 0;
  for (; i + COLUMNS * HW_WIDTH <= d_head; i += COLUMNS * HW_WIDTH) add_columns(a, v + i, ldv, begin, end, sums + i, sums + d_head + i);
  for (; i < d_head; i += HW_WIDTH) add_some(a, v + i, ldv, begin, end, d_head - i, sums + i, sums + d_head + i);
}

void HW_ISA_NAME(hw_weighted_sum)(const float *a, const float *v, size_t ldv, size_t n_keys, size_t d_head, float *out) {
  enum { AT_ONCE = COLUMNS * HW_WIDTH };
  for (size_t i = 0; i < d_head; i += AT_ONCE) {
    float sums[2 * AT_ONCE] = {0};
    size_t width = d_head - i < AT_ONCE ? d_head - i : AT_ONCE;
    add_keys(a, v + i, ldv, 0, n_keys, width, sums);
    for (size_t e = 0; e < width; e++) out[i + e] = sums[e] + sums[width + e];
  }
}

/* Keys that stay in the first-level cache while the queries of a tile go over them. */
enum { KEYS_OF_A_BLOCK = 64 };

typedef struct tile {
  size_t n_queries, last; /* the last key of the first query */
  size_t window, stride;  /* stride: floats of a query's weights */
  float *weights, *sums;  /* [HW_QUERIES_TOGETHER, stride], [HW_QUERIES_TOGETHER, 2, d_head] */
} tile;

HW_INLINE size_t first_key(const tile *t, size_t query) {
  size_t last = t->last + query;
  return t->window && last >= t->window ? last + 1 - t->window : 0;
}

/* The keys of a block that a query sees. */
HW_INLINE bool seen_keys(const tile *t, size_t query, size_t block, size_t *begin, size_t *end) {
  size_t first = first_key(t, query), last = t->last + query;
  *begin = first > block ? first : block;
  *end = last < block + KEYS_OF_A_BLOCK ? last + 1 : block + KEYS_OF_A_BLOCK;
  return *begin < *end;
}

HW_INLINE void attend_tile(const hw_attended_head *head, const tile *t, const float *q, float *out) {
  size_t d = head->d_head, begin, end, stop = t->last + t->n_queries, start = first_key(t, 0) / KEYS_OF_A_BLOCK * KEYS_OF_A_BLOCK;
  for (size_t block = start; block < stop; block += KEYS_OF_A_BLOCK)
    for (size_t i = 0; i < t->n_queries; i++)
      if (seen_keys(t, i, block, &begin, &end))
        scores(q + i * head->ldq, head->k + begin * d, d, end - begin, d, head->scoring.scale, t->weights + i * t->stride + begin);
  for (size_t i = 0; i < t->n_queries; i++)
    normalise(&head->scoring, t->last + i + 1 - first_key(t, i), t->weights + i * t->stride + first_key(t, i));
  memset(t->sums, 0, t->n_queries * 2 * d * sizeof *t->sums);
  for (size_t block = start; block < stop; block += KEYS_OF_A_BLOCK)
    for (size_t i = 0; i < t->n_queries; i++)
      if (seen_keys(t, i, block, &begin, &end)) {
        size_t first = first_key(t, i);
        add_keys(t->weights + i * t->stride + first, head->v + first * d, d, begin - first, end - first, d, t->sums + i * 2 * d);
      }
  for (size_t i = 0; i < t->n_queries; i++)
    for (size_t e = 0; e < d; e++) out[i * head->ldq + e] = t->sums[i * 2 * d + e] + t->sums[i * 2 * d + d + e];
}

void HW_ISA_NAME(hw_attend)(const hw_attended_head *head, float *space) {
  tile t = {.window = head->window, .stride = head->n_keys, .weights = space, .sums = space + HW_QUERIES_TOGETHER * head->n_keys};
  for (size_t i = 0; i < head->n_queries; i += HW_QUERIES_TOGETHER) {
    t.n_queries = head->n_queries - i < HW_QUERIES_TOGETHER ? head->n_queries - i : HW_QUERIES_TOGETHER;
    t.last = head->n_keys - head->n_queries + i;
    attend_tile(head, &t, head->q + i * head->ldq, head->out + i * head->ldq);
  }
}
