/* SPDX-License-Identifier: Apache-2.0
 * Clusters: what each contributes to a difference. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/matrix.h"

void hw_clusters_fini(hw_clusters *clusters) {
  free(clusters->of_a);
  free(clusters->of_b);
  free(clusters->n_a);
  free(clusters->n_b);
  *clusters = (hw_clusters){0};
}

/* Numbers the ids of a sample without gaps; numbers[id] = number + 1. */
static void number_ids(const uint32_t *ids, size_t n, uint32_t *numbers, size_t *n_numbers, uint32_t *out) {
  for (size_t i = 0; i < n; i++) {
    if (!numbers[ids[i]]) numbers[ids[i]] = (uint32_t)++*n_numbers;
    out[i] = numbers[ids[i]] - 1;
  }
}

/* Whether the clusters of a side tell how clusters of that side vary: one alone is its own mean. */
static bool has_several(const double *members, size_t n_clusters) {
  size_t n = 0;
  for (size_t g = 0; g < n_clusters; g++) n += members[g] > 0;
  return n > 1;
}

bool hw_clusters_find(const hw_stats_sample *a, const hw_stats_sample *b, bool paired, hw_clusters *clusters, hw_error *err) {
  size_t n_a = a->values->n_units, n_b = paired ? 0 : b->values->n_units;
  uint32_t highest = 0;
  for (size_t i = 0; i < n_a; i++) highest = a->clusters[i] > highest ? a->clusters[i] : highest;
  for (size_t i = 0; i < n_b; i++) highest = b->clusters[i] > highest ? b->clusters[i] : highest;
  *clusters = (hw_clusters){.apart = !paired};
  uint32_t *numbers = calloc((size_t)highest + 1, sizeof *numbers);
  clusters->of_a = calloc(n_a + 1, sizeof *clusters->of_a);
  clusters->of_b = calloc(n_b + 1, sizeof *clusters->of_b);
  clusters->n_a = calloc(n_a + n_b + 1, sizeof *clusters->n_a);
  clusters->n_b = calloc(n_a + n_b + 1, sizeof *clusters->n_b);
  if (!numbers || !clusters->of_a || !clusters->of_b || !clusters->n_a || !clusters->n_b) {
    free(numbers);
    hw_clusters_fini(clusters);
    return hw_fail_memory(err, "the clusters");
  }
  number_ids(a->clusters, n_a, numbers, &clusters->n, clusters->of_a);
  if (n_b) number_ids(b->clusters, n_b, numbers, &clusters->n, clusters->of_b);
  for (size_t i = 0; i < n_a; i++) clusters->n_a[clusters->of_a[i]]++;
  for (size_t i = 0; i < n_b; i++) clusters->n_b[clusters->of_b[i]]++;
  for (size_t g = 0; g < clusters->n; g++)
    if (clusters->n_a[g] > 0 && clusters->n_b[g] > 0) clusters->apart = false;
  clusters->one_side_alone = !paired && (!has_several(clusters->n_a, clusters->n) || !has_several(clusters->n_b, clusters->n));
  free(numbers);
  return true;
}

static void add_column(const hw_stats_matrix *matrix, size_t component, const uint32_t *cluster_of, double *sums) {
  for (size_t i = matrix->starts[component]; i < matrix->starts[component + 1]; i++)
    sums[cluster_of[matrix->units[i]]] += matrix->values[i];
}

typedef struct workspace {
  double *a, *b, *psi; /* [n_clusters] */
} workspace;

/* Puts the column behind those before it; values that are 0 are left out, as in every matrix. */
static void contribute(const hw_clusters *clusters, const hw_stats_matrix *a, const hw_stats_matrix *b, size_t component,
                       workspace *w, hw_stats_row *row, hw_stats_matrix *out) {
  size_t n = clusters->n;
  double g = (double)n, na = (double)a->n_units, nb = b ? (double)b->n_units : 0, sum_a = 0, sum_b = 0;
  memset(w->a, 0, n * sizeof *w->a);
  memset(w->b, 0, n * sizeof *w->b);
  add_column(a, component, clusters->of_a, w->a);
  if (b) add_column(b, component, clusters->of_b, w->b);
  for (size_t i = 0; i < n; i++) {
    sum_a += w->a[i];
    sum_b += w->b[i];
  }
  double mean_a = sum_a / na, mean_b = b ? sum_b / nb : 0, mean = (sum_a + sum_b) / (na + nb);
  for (size_t i = 0; i < n; i++) {
    w->psi[i] = (w->a[i] - clusters->n_a[i] * mean_a) / na;
    if (b) w->psi[i] -= (w->b[i] - clusters->n_b[i] * mean_b) / nb;
  }
  if (clusters->one_side_alone) hw_interval_unknown(row);
  else hw_interval_clusters(w->psi, n, g / (g - 1) * (b ? (na + nb - 1) / (na + nb - 2) : 1), row);
  size_t kept = out->starts[component];
  for (size_t i = 0; i < n; i++) {
    double value = w->a[i]; /* paired: a sum of differences, which no centring touches */
    if (b && clusters->apart) value += w->b[i];
    else if (b) value = (w->a[i] - clusters->n_a[i] * mean) / na - (w->b[i] - clusters->n_b[i] * mean) / nb;
    if (value == 0) continue;
    out->units[kept] = (uint32_t)i;
    out->values[kept++] = value;
  }
  out->starts[component + 1] = kept;
}

/* Values that there can be: a cluster without any of a component has 0, but where clusters are on both sides: then each cluster has a part of the
 * component's mean. */
static size_t most_values(const hw_clusters *clusters, const hw_stats_matrix *a, const hw_stats_matrix *b) {
  size_t sparse = a->starts[a->n_components] + (b ? b->starts[b->n_components] : 0), dense = clusters->n * a->n_components;
  return (b && !clusters->apart) || dense < sparse ? dense : sparse;
}

static bool check_memory(const hw_clusters *clusters, size_t n_components, size_t n_values, hw_error *err) {
  enum { BYTES = sizeof(uint32_t) + sizeof(double) };
  size_t available = hw_memory_available();
  return n_values <= available / BYTES ||
         hw_fail(err, HW_ERROR_MEMORY, "%zu clusters by %zu components take %zu MiB of memory, and %zu MiB are available: leave out rare components (min-active), or compare without "
                 "clusters", clusters->n, n_components, (n_values >> 20) * BYTES, available >> 20);
}

bool hw_clusters_contribute(const hw_clusters *clusters, const hw_stats_matrix *a, const hw_stats_matrix *b, hw_stats_row *rows,
                            hw_stats_matrix *out, hw_error *err) {
  size_t n = clusters->n, n_components = a->n_components;
  workspace w = {calloc(n + 1, sizeof(double)), calloc(n + 1, sizeof(double)), calloc(n + 1, sizeof(double))};
  *out = (hw_stats_matrix){0};
  bool ok = (w.a && w.b && w.psi) || hw_fail_memory(err, "the clusters");
  size_t n_values = most_values(clusters, a, b);
  ok = ok && check_memory(clusters, n_components, n_values, err) && hw_stats_matrix_new(n, n_components, n_values, out, err);
  for (size_t c = 0; ok && c < n_components; c++) contribute(clusters, a, b, c, &w, &rows[c], out);
  free(w.a);
  free(w.b);
  free(w.psi);
  return ok;
}
