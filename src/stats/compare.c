/* SPDX-License-Identifier: Apache-2.0
 * Chooses what changes places, and puts intervals, permutations and false discovery rates together. */
#include <math.h>
#include <stdlib.h>

#include "base/option.h"
#include "stats/matrix.h"

typedef struct comparison {
  const hw_stats_sample *a, *b;
  const hw_stats_settings *settings;
  hw_stats_result *result;
  hw_stats_matrix differences; /* paired */
  hw_stats_matrix moved;       /* what changes places, where that is not `differences` */
  hw_clusters clusters;
  bool has_clusters;
  bool *chosen; /* labels */
  double *sizes;
} comparison;

static bool check(const hw_stats_sample *a, const hw_stats_sample *b, const hw_stats_settings *settings, hw_error *err) {
  if (a->values->n_units < 1 || b->values->n_units < 1) return hw_fail(err, HW_ERROR_INPUT, "one of the samples is empty");
  if (a->values->n_components != b->values->n_components || (settings->paired && a->values->n_units != b->values->n_units) ||
      !a->clusters != !b->clusters)
    return hw_fail(err, HW_ERROR_INPUT, "the samples have different shapes");
  if (!hw_count_check("n_permutations", settings->n_permutations, 1, HW_STATS_MOST_PERMUTATIONS, err)) return false;
  if (a->values->n_units + b->values->n_units >= UINT32_MAX) return hw_fail(err, HW_ERROR_UNSUPPORTED, "more than 4 billion units");
  return true;
}

static bool describe(comparison *c, hw_error *err) {
  const hw_stats_matrix *a = c->a->values, *b = c->b->values;
  bool paired = c->settings->paired;
  if (paired && !hw_stats_matrix_subtract(a, b, &c->differences, err)) return false;
  for (size_t i = 0; i < a->n_components; i++) {
    hw_moments of_a, of_b, of_difference;
    hw_moments_of(a, i, &of_a);
    hw_moments_of(b, i, &of_b);
    if (paired) hw_moments_of(&c->differences, i, &of_difference);
    if (paired) hw_interval_paired(&of_a, &of_b, &of_difference, a->n_units, &c->result->rows[i]);
    else hw_interval_welch(&of_a, a->n_units, &of_b, b->n_units, &c->result->rows[i]);
  }
  return true;
}

static bool find_clusters(comparison *c, hw_error *err) {
  size_t n_units = c->a->values->n_units + (c->settings->paired ? 0 : c->b->values->n_units);
  if (!c->a->clusters) return true;
  if (!hw_clusters_find(c->a, c->b, c->settings->paired, &c->clusters, err)) return false;
  if (c->clusters.n == 1 && n_units > 1) return hw_fail(err, HW_ERROR_INPUT, "all is in one cluster: nothing says how clusters vary");
  c->has_clusters = c->clusters.n < n_units;
  return true;
}

/* n over k, exact to 2^32; infinity where it is larger than a double. */
static double choices(size_t n, size_t k) {
  double product = 1;
  if (k > n - k) k = n - k;
  for (size_t i = 1; i <= k && isfinite(product); i++) product *= (double)(n - k + i) / (double)i;
  return round(product);
}

/* Labels of units or of clusters as wholes. */
static bool plan_labels(comparison *c, hw_rearrangement *what, hw_error *err) {
  size_t n = what->values->n_units, n_a = c->a->values->n_units;
  c->chosen = calloc(n + 1, sizeof *c->chosen);
  c->sizes = calloc(n + 1, sizeof *c->sizes);
  if (!c->chosen || !c->sizes) return hw_fail_memory(err, "the labels");
  for (size_t i = 0; i < n; i++) {
    c->chosen[i] = c->has_clusters ? c->clusters.n_a[i] > 0 : i < n_a;
    c->sizes[i] = c->has_clusters ? c->clusters.n_a[i] + c->clusters.n_b[i] : 1;
    what->n_chosen += c->chosen[i];
  }
  if (!c->has_clusters && 2 * what->n_chosen > n) { /* choosing the smaller side is less work, and the same */
    for (size_t i = 0; i < n; i++) c->chosen[i] = !c->chosen[i];
    what->n_chosen = n - what->n_chosen;
  }
  what->chosen = c->chosen;
  what->sizes = c->has_clusters ? c->sizes : NULL;
  return true;
}

static bool plan(comparison *c, hw_rearrangement *what, hw_error *err) {
  const hw_stats_matrix *a = c->a->values, *b = c->b->values;
  hw_stats_result *result = c->result;
  bool paired = c->settings->paired;
  what->values = paired && !c->has_clusters ? &c->differences : &c->moved;
  what->signs = paired || (c->has_clusters && !c->clusters.apart);
  if (c->has_clusters) {
    if (!hw_clusters_contribute(&c->clusters, paired ? &c->differences : a, paired ? NULL : b, result->rows, &c->moved, err)) return false;
    result->n_clusters = c->clusters.n;
    result->exchange = what->signs ? HW_EXCHANGE_CLUSTER_SIGNS : HW_EXCHANGE_CLUSTER_LABELS;
  } else {
    if (!paired && !hw_stats_matrix_stack(a, b, &c->moved, err)) return false;
    result->exchange = paired ? HW_EXCHANGE_UNIT_SIGNS : HW_EXCHANGE_UNIT_LABELS;
  }
  result->n_exchangeable = what->values->n_units;
  return what->signs || plan_labels(c, what, err);
}

/* All arrangements where there are few enough of them. The mirrored one, with the sides exchanged, has the same distance from 0: it is one of them
 * where signs are flipped, and where as many are chosen as are not. */
static void count_arrangements(comparison *c, hw_rearrangement *what) {
  hw_stats_result *result = c->result;
  size_t n = what->values->n_units;
  double n_all = what->signs ? exp2((double)n) : choices(n, what->n_chosen);
  bool mirrored = what->signs || 2 * what->n_chosen == n;
  result->exact = what->all = n_all <= (double)what->n && n_all <= UINT32_MAX;
  if (what->all) what->n = (int64_t)n_all;
  result->n_arrangements = what->n;
  result->least_exact_p = (mirrored ? 2 : 1) / n_all;
  result->least_p = what->all ? result->least_exact_p : 1 / ((double)what->n + 1);
}

static bool test(comparison *c, hw_error *err) {
  hw_stats_result *result = c->result;
  hw_rearrangement what = {.seed = c->settings->seed, .n = c->settings->n_permutations, .hooks = c->settings->hooks};
  if (!plan(c, &what, err)) return false;
  count_arrangements(c, &what);
  size_t n = result->n_rows;
  int64_t *counts = calloc(n + 1, sizeof *counts);
  double *p = calloc(n + 1, sizeof *p), *q = calloc(n + 1, sizeof *q);
  bool ok = (counts && p && q) || hw_fail_memory(err, "the results");
  ok = ok && hw_rearrange(&what, counts, err);
  for (size_t i = 0; ok && i < n; i++) p[i] = result->exact ? (double)counts[i] / (double)what.n : (1 + (double)counts[i]) / ((double)what.n + 1);
  ok = ok && hw_stats_false_discovery(p, n, q, err);
  for (size_t i = 0; ok && i < n; i++) {
    result->rows[i].p = p[i];
    result->rows[i].q = q[i];
  }
  free(counts);
  free(p);
  free(q);
  return ok;
}

bool hw_stats_compare(const hw_stats_sample *a, const hw_stats_sample *b, const hw_stats_settings *settings,
                      hw_stats_result *result, hw_error *err) {
  comparison c = {.a = a, .b = b, .settings = settings, .result = result};
  *result = (hw_stats_result){0};
  if (!check(a, b, settings, err)) return false;
  result->n_rows = a->values->n_components;
  result->rows = calloc(result->n_rows + 1, sizeof *result->rows);
  bool ok = result->rows || hw_fail_memory(err, "the results");
  ok = ok && describe(&c, err) && find_clusters(&c, err) && test(&c, err);
  hw_stats_matrix_fini(&c.differences);
  hw_stats_matrix_fini(&c.moved);
  hw_clusters_fini(&c.clusters);
  free(c.chosen);
  free(c.sizes);
  if (!ok) hw_stats_result_fini(result);
  return ok;
}

void hw_stats_result_fini(hw_stats_result *result) {
  free(result->rows);
  *result = (hw_stats_result){0};
}
