/* SPDX-License-Identifier: Apache-2.0
 * Two samples compared, component by component: differences of means with intervals, effect sizes, permutation tests, false
 * discovery rates. Pure numerics on matrices [units, components] of double; knows no model and no database.
 *
 * THE EXCHANGEABLE UNIT. A permutation test may only do what would not matter if the null hypothesis held. Here that is:
 *   paired, no clusters      The two members of a pair change places: the sign of each pair's difference is flipped (exact).
 *   unpaired, no clusters    Prompts change sides: labels are permuted among all of them, group sizes kept (exact).
 *   paired, clusters         The members of ALL pairs of a cluster change places together: a sign per cluster. Pairs of one template
 *                            share its reaction to the change, so their differences are not independent; flipping them one by
 *                            one would test "no template reacts" instead of "no reaction on average" and reject too often.
 *   unpaired, each cluster   A cluster as a whole changes sides: labels are permuted among clusters (a prompt that moved alone
 *   on one side              would leave its siblings behind).
 *   unpaired, clusters on    A sign per cluster on its contribution to the difference, sum over its prompts of +(x - m) / n_a
 *   both sides               on side a and -(x - m) / n_b on side b with m the mean of all. They sum to the difference; under the
 *                            null each is as likely with the other sign (exact when the sides are balanced within clusters, and
 *                            then equal to the paired test; else asymptotically so: Hemerik, Goeman & Finos 2020). Labels
 *                            permuted within clusters would be exact for "no effect in any cluster" but reject too often when
 *                            clusters react differently and the average is zero.
 * So where there are clusters they are the unit of the test as they are of the standard errors: both speak about a population of
 * clusters. Rearrangements are drawn at random, p = (1 + those at least as extreme) / (1 + all drawn), two-sided. Where there are no more of
 * them than would be drawn, each is taken once, the samples as they are among them: p = those at least as extreme / all, without chance.
 *
 * THE INTERVAL. difference +- t quantile * standard error. No clusters: Welch's (unpaired), n - 1 (paired). Clusters: the linear
 * contributions psi_g of the G clusters to the difference, variance = c * sum psi_g^2, c = G / (G - 1) (paired) or G / (G - 1) *
 * (N - 1) / (N - 2) (unpaired, N units: Stata's and statsmodels' factor), t with G - 1 degrees of freedom.
 *
 * THE EFFECT. Unpaired: Hedges' g = J(df) * difference / pooled standard deviation, J exact, df = n_a + n_b - 2. Paired: d_z =
 * difference / standard deviation of the differences. */
#ifndef HEADWATER_STATS_H
#define HEADWATER_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/error.h"
#include "headwater/hooks.h"

HW_BEGIN_C

/* ---- numbers from a seed: xoshiro256** (Blackman & Vigna), the same on every machine ---- */

typedef struct hw_random {
  uint64_t s[4];
} hw_random;
/* Streams of one seed are independent: one per permutation, so any thread may take any of them. */
HW_API void hw_random_init(hw_random *random, uint64_t seed, uint64_t stream);
HW_API uint64_t hw_random_next(hw_random *random);
/* Uniform in [0, n), without bias; n > 0. */
HW_API uint32_t hw_random_below(hw_random *random, uint32_t n);

/* ---- matrices ---- */

/* [n_units, n_components], column by column, zeros left out: most heads, neurons and edges are absent from most prompts. */
typedef struct hw_stats_matrix {
  size_t n_units, n_components;
  size_t *starts;  /* [n_components + 1] where a column begins */
  uint32_t *units; /* rising within a column */
  double *values;
} hw_stats_matrix;

typedef struct hw_stats_entry {
  uint32_t unit, component;
  double value;
} hw_stats_entry;

/* From entries sorted by unit; those of one unit and component are added up. Errors: INPUT for a value that is not finite. */
HW_API bool hw_stats_matrix_build(const hw_stats_entry *entries, size_t n, size_t n_units, size_t n_components, hw_stats_matrix *matrix,
                           hw_error *err);
HW_API void hw_stats_matrix_fini(hw_stats_matrix *matrix);

/* ---- the comparison ---- */

typedef struct hw_stats_sample {
  const hw_stats_matrix *values;
  const uint32_t *clusters; /* [n_units] ids, the same numbering in both samples; NULL: none */
} hw_stats_sample;

enum { HW_STATS_MOST_PERMUTATIONS = 1000000000 }; /* that are taken; of the command line as well */

typedef struct hw_stats_settings {
  bool paired; /* row i of both samples is a pair; its cluster is that of sample a */
  uint64_t seed;
  int64_t n_permutations; /* from 1 to HW_STATS_MOST_PERMUTATIONS; where there are no more rearrangements than this (and 2^32), all are taken */
  const hw_hooks *hooks;  /* may be NULL */
} hw_stats_settings;

typedef enum hw_exchange { /* what changes places */
  HW_EXCHANGE_UNIT_LABELS,
  HW_EXCHANGE_UNIT_SIGNS,
  HW_EXCHANGE_CLUSTER_LABELS,
  HW_EXCHANGE_CLUSTER_SIGNS,
} hw_exchange;

/* A number that there is not (an interval from one unit, an effect without spread where the means differ) is NaN. */
typedef struct hw_stats_row { /* one component */
  double mean_a, mean_b;
  double difference; /* a - b */
  double effect; /* 0 where the means are equal, also without spread */
  double standard_error, df, lower, upper; /* 95% interval of the difference */
  double p, q;                             /* q: Benjamini-Hochberg over all components */
  size_t active_a, active_b;               /* units that are not 0 */
} hw_stats_row;

typedef struct hw_stats_result {
  hw_exchange exchange;
  size_t n_exchangeable; /* units or clusters that change places */
  size_t n_clusters;     /* 0: none, also when every unit is a cluster of its own */
  bool exact;             /* all rearrangements were taken; the seed plays no part */
  int64_t n_arrangements; /* taken or drawn */
  double least_p;         /* no smaller p was possible */
  double least_exact_p;   /* nor would be with more permutations */
  size_t n_rows;
  hw_stats_row *rows; /* by component */
} hw_stats_result;

/* Errors: INPUT for n_permutations out of range, for samples that do not fit together, an empty one, or a single cluster. The result does not depend on the
 * number of threads. */
HW_API bool hw_stats_compare(const hw_stats_sample *a, const hw_stats_sample *b, const hw_stats_settings *settings,
                      hw_stats_result *result, hw_error *err);
HW_API void hw_stats_result_fini(hw_stats_result *result);

/* ---- its parts ---- */

/* Benjamini-Hochberg: q[i] = the smallest false discovery rate at which p[i] is rejected. */
HW_API bool hw_stats_false_discovery(const double *p, size_t n, double *q, hw_error *err);
/* Hedges' J: gamma(df / 2) / (sqrt(df / 2) gamma((df - 1) / 2)); NaN unless df > 1. */
HW_API double hw_stats_hedges(double df);
/* Quantile of Student's t; NaN unless df > 0. */
HW_API double hw_stats_t_quantile(double probability, double df);
/* P(|T| > |t|) of Student's t, also where it is very small; 2.2e-308 (DBL_MIN) where it is smaller than that, never 0. NaN unless df is a number of 1 or more. */
HW_API double hw_stats_t_two_sided(double t, double df);

HW_END_C

#endif
