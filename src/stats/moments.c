/* SPDX-License-Identifier: Apache-2.0
 * Means, effect sizes and intervals of one component; Benjamini-Hochberg over all. */
#include <math.h>
#include <stdlib.h>

#include "stats/matrix.h"

#define HW_CONFIDENCE 0.95

void hw_moments_of(const hw_stats_matrix *matrix, size_t component, hw_moments *moments) {
  size_t first = matrix->starts[component], end = matrix->starts[component + 1];
  double n = (double)matrix->n_units;
  *moments = (hw_moments){.active = end - first};
  for (size_t i = first; i < end; i++) moments->sum += matrix->values[i];
  moments->mean = moments->sum / n;
  moments->squares = (n - (double)(end - first)) * moments->mean * moments->mean;
  for (size_t i = first; i < end; i++) {
    double distance = matrix->values[i] - moments->mean;
    moments->squares += distance * distance;
  }
}

static void set_interval(hw_stats_row *row, double standard_error, double df) {
  double half = hw_stats_t_quantile(0.5 + HW_CONFIDENCE / 2, df) * standard_error;
  row->standard_error = df > 0 ? standard_error : (double)NAN;
  row->df = df > 0 ? df : (double)NAN;
  row->lower = row->difference - half;
  row->upper = row->difference + half;
}

void hw_interval_unknown(hw_stats_row *row) { set_interval(row, (double)NAN, (double)NAN); }

/* An effect of 0 needs no spread to be measured by. */
static double standardised(double difference, double spread) {
  if (difference == 0) return 0;
  return spread > 0 ? difference / spread : (double)NAN;
}

void hw_interval_welch(const hw_moments *a, size_t n_a, const hw_moments *b, size_t n_b, hw_stats_row *row) {
  double na = (double)n_a, nb = (double)n_b, df = na + nb - 2;
  double va = a->squares / (na - 1) / na, vb = b->squares / (nb - 1) / nb;
  row->mean_a = a->mean;
  row->mean_b = b->mean;
  row->active_a = a->active;
  row->active_b = b->active;
  row->difference = a->mean - b->mean;
  row->effect = standardised(row->difference, sqrt((a->squares + b->squares) / df) / hw_stats_hedges(df));
  if (n_a < 2 || n_b < 2) hw_interval_unknown(row);
  else set_interval(row, sqrt(va + vb), va + vb > 0 ? (va + vb) * (va + vb) / (va * va / (na - 1) + vb * vb / (nb - 1)) : df);
}

void hw_interval_paired(const hw_moments *a, const hw_moments *b, const hw_moments *d, size_t n_pairs, hw_stats_row *row) {
  double n = (double)n_pairs, spread = sqrt(d->squares / (n - 1));
  row->mean_a = a->mean;
  row->mean_b = b->mean;
  row->active_a = a->active;
  row->active_b = b->active;
  row->difference = d->mean;
  row->effect = standardised(d->mean, spread);
  set_interval(row, spread / sqrt(n), n - 1);
}

void hw_interval_clusters(const double *psi, size_t n_clusters, double factor, hw_stats_row *row) {
  double sum = 0;
  for (size_t g = 0; g < n_clusters; g++) sum += psi[g] * psi[g];
  set_interval(row, sqrt(factor * sum), (double)n_clusters - 1);
}

typedef struct ranked {
  double p;
  size_t index;
} ranked;

static int compare_ranked(const void *left, const void *right) {
  const ranked *x = left, *y = right;
  if (x->p != y->p) return x->p < y->p ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}

bool hw_stats_false_discovery(const double *p, size_t n, double *q, hw_error *err) {
  ranked *order = calloc(n + 1, sizeof *order);
  if (!order) return hw_fail_memory(err, "the order of p values");
  for (size_t i = 0; i < n; i++) order[i] = (ranked){p[i], i};
  qsort(order, n, sizeof *order, compare_ranked);
  double least = 1;
  for (size_t i = n; i-- > 0;) {
    double rate = order[i].p * (double)n / (double)(i + 1);
    if (rate < least) least = rate;
    q[order[i].index] = least;
  }
  free(order);
  return true;
}
