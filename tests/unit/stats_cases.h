/* SPDX-License-Identifier: Apache-2.0
 * Two samples of dense rows, compared. */
#ifndef STATS_CASES_H
#define STATS_CASES_H

#include "headwater/stats.h"
#include "unit.h"

static void dense(const double *rows, size_t n, size_t components, hw_stats_matrix *matrix) {
  hw_error err = {0};
  hw_stats_entry *entries = unit_alloc(n * components + 1, sizeof *entries);
  size_t k = 0;
  for (size_t u = 0; u < n; u++)
    for (size_t c = 0; c < components; c++)
      if (rows[u * components + c] != 0) entries[k++] = (hw_stats_entry){(uint32_t)u, (uint32_t)c, rows[u * components + c]};
  assert_ok(hw_stats_matrix_build(entries, k, n, components, matrix, &err), &err);
  free(entries);
}

typedef struct question {
  const double *a, *b;
  const uint32_t *clusters_a, *clusters_b;
  size_t n_a, n_b, components;
  bool paired;
  uint64_t seed;
  int64_t n;
} question;

static void compare(const question *q, hw_stats_result *result) {
  hw_stats_matrix a, b;
  hw_error err = {0};
  dense(q->a, q->n_a, q->components, &a);
  dense(q->b, q->n_b, q->components, &b);
  hw_stats_sample sa = {&a, q->clusters_a}, sb = {&b, q->clusters_b};
  hw_stats_settings settings = {.paired = q->paired, .seed = q->seed, .n_permutations = q->n};
  assert_ok(hw_stats_compare(&sa, &sb, &settings, result, &err), &err);
  hw_stats_matrix_fini(&a);
  hw_stats_matrix_fini(&b);
}

#endif
