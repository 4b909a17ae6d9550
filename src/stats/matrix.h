/* SPDX-License-Identifier: Apache-2.0
 * What the files of src/stats share. */
#ifndef HW_STATS_MATRIX_H
#define HW_STATS_MATRIX_H

#include "headwater/stats.h"

/* ---- matrix.c ---- */

/* Room for n_values; all columns empty. */
bool hw_stats_matrix_new(size_t n_units, size_t n_components, size_t n_values, hw_stats_matrix *matrix, hw_error *err);
/* a - b, row by row; same shape. */
bool hw_stats_matrix_subtract(const hw_stats_matrix *a, const hw_stats_matrix *b, hw_stats_matrix *out, hw_error *err);
/* The units of a, then those of b. */
bool hw_stats_matrix_stack(const hw_stats_matrix *a, const hw_stats_matrix *b, hw_stats_matrix *out, hw_error *err);

/* ---- moments.c ---- */

typedef struct hw_moments { /* of one column, zeros included */
  double sum, mean, squares; /* squares: sum of (x - mean)^2 */
  size_t active;
} hw_moments;
void hw_moments_of(const hw_stats_matrix *matrix, size_t component, hw_moments *moments);

/* Fills means, difference, effect, standard error, df and interval of one component without clusters. */
void hw_interval_welch(const hw_moments *a, size_t n_a, const hw_moments *b, size_t n_b, hw_stats_row *row);
void hw_interval_paired(const hw_moments *a, const hw_moments *b, const hw_moments *difference, size_t n, hw_stats_row *row);
/* Replaces standard error, df and interval by those of the contributions psi [n_clusters]. */
void hw_interval_clusters(const double *psi, size_t n_clusters, double factor, hw_stats_row *row);
/* Replaces them by NaN. */
void hw_interval_unknown(hw_stats_row *row);

/* ---- contributions.c ---- */

/* The clusters that occur, numbered without gaps; what each holds of either side (paired: a holds the pairs, b nothing). */
typedef struct hw_clusters {
  size_t n;
  uint32_t *of_a, *of_b; /* [n_units] of a sample */
  double *n_a, *n_b;     /* [n] units */
  bool apart;            /* unpaired, and no cluster is on both sides */
  bool one_side_alone;   /* unpaired, and a side has one cluster: nothing says how its clusters vary */
} hw_clusters;
bool hw_clusters_find(const hw_stats_sample *a, const hw_stats_sample *b, bool paired, hw_clusters *clusters, hw_error *err);
void hw_clusters_fini(hw_clusters *clusters);

/* What the clusters change places with, [n_clusters, components], and the intervals of the rows. paired: values is the matrix of
 * differences and b NULL. */
bool hw_clusters_contribute(const hw_clusters *clusters, const hw_stats_matrix *a, const hw_stats_matrix *b, hw_stats_row *rows,
                            hw_stats_matrix *out, hw_error *err);

/* ---- permute.c ---- */

typedef struct hw_rearrangement {
  const hw_stats_matrix *values; /* of what changes places */
  bool signs;                    /* else labels */
  const bool *chosen;            /* labels: which are on side a [n_units] */
  size_t n_chosen;
  const double *sizes; /* labels: units in each; NULL: 1 */
  uint64_t seed;
  int64_t n; /* rearrangements */
  bool all;  /* n is how many there are, below 2^32: each is taken once, the real one among them. Else they are drawn from the seed */
  const hw_hooks *hooks; /* may be NULL */
} hw_rearrangement;
/* counts[component] = rearrangements whose difference is at least as far from 0 as the real one. */
bool hw_rearrange(const hw_rearrangement *what, int64_t *counts, hw_error *err);

#endif
