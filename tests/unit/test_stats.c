/* SPDX-License-Identifier: Apache-2.0
 * Two samples compared: numbers worked out elsewhere, exact enumeration, and how often the tests are wrong on purpose-made data. */
#include "unit.h"

#include <omp.h>

#include "headwater/stats.h"

/* ---- matrices from dense rows ---- */

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

/* ---- random numbers ---- */

TEST(random_is_the_published_generator) {
  hw_random r = {{1, 2, 3, 4}};
  const uint64_t want[] = {11520, 0, 1509978240, 1215971899390074240u}; /* xoshiro256**, state 1 2 3 4 */
  for (size_t i = 0; i < COUNT_OF(want); i++) assert_int_equal(hw_random_next(&r), want[i]);
  hw_random one, other;
  hw_random_init(&one, 7, 3);
  hw_random_init(&other, 7, 4);
  assert_int_not_equal(hw_random_next(&one), hw_random_next(&other));
  unsigned counts[7] = {0};
  for (int i = 0; i < 70000; i++) counts[hw_random_below(&one, 7)]++;
  for (int i = 0; i < 7; i++) assert_in_range(counts[i], 9600, 10400);
}

/* ---- distributions and rates ---- */

TEST(distributions_have_their_known_values) {
  assert_near(hw_stats_t_quantile(0.975, 1), 12.706204736174705, 1e-12);
  assert_near(hw_stats_t_quantile(0.975, 10), 2.228138851986275, 1e-12);
  assert_near(hw_stats_t_quantile(0.975, 47), 2.011740513729766, 1e-12);
  assert_true(isnan(hw_stats_t_quantile(0.975, 0)));
  assert_near(hw_stats_hedges(2), 0.5641895835477563, 1e-12);  /* gamma(1) / gamma(1/2) */
  assert_near(hw_stats_hedges(10), 0.9227456080, 1e-9); /* gamma(5) / (sqrt(5) gamma(9/2)) */
  assert_near(hw_stats_hedges(4), 0.7978845608028654, 1e-12);  /* sqrt(2 / pi) */
  assert_near(hw_stats_hedges(1000), 0.99925, 1e-6);
  assert_true(isnan(hw_stats_hedges(1)));
}

TEST(false_discovery_rates_of_the_classic_example) { /* Benjamini & Hochberg 1995, table 1; q as R's p.adjust(, "BH") gives them */
  const double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  const double want[] = {0.0015,  0.003,  0.0095,  0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645,
                         0.0765, 0.486, 0.58118182, 0.714875, 0.75323077, 0.81321429, 1};
  double q[15], backwards[15], p_backwards[15];
  hw_error err = {0};
  assert_ok(hw_stats_false_discovery(p, 15, q, &err), &err);
  for (int i = 0; i < 15; i++) p_backwards[i] = p[14 - i];
  assert_ok(hw_stats_false_discovery(p_backwards, 15, backwards, &err), &err);
  for (int i = 0; i < 15; i++) {
    assert_near(q[i], want[i], 1e-8);
    assert_true(unit_same_double(q[i], backwards[14 - i]));
  }
}

/* ---- intervals and effects, by hand and by R / scipy ---- */

TEST(unpaired_interval_is_welchs) { /* bounds by scipy */
  const double a[] = {1, 2, 3, 4, 10}, b[] = {0, 1, 2, 1};
  hw_stats_result r;
  compare(&(question){.a = a, .b = b, .n_a = 5, .n_b = 4, .components = 1, .seed = 1, .n = 10}, &r);
  assert_near(r.rows[0].mean_a, 4, 0);
  assert_near(r.rows[0].mean_b, 1, 0);
  assert_near(r.rows[0].difference, 3, 0);
  assert_near(r.rows[0].standard_error, sqrt(12.5 / 5 + (2.0 / 3) / 4), 1e-14);
  double va = 2.5, vb = 1.0 / 6, df = (va + vb) * (va + vb) / (va * va / 4 + vb * vb / 3);
  assert_near(r.rows[0].df, df, 1e-12);
  assert_near(r.rows[0].lower, -1.334033453780, 1e-9);
  assert_near(r.rows[0].upper, 7.334033453780, 1e-9);
  double pooled = sqrt((50.0 + 2) / 7), j = exp(lgamma(3.5) - lgamma(3)) / sqrt(3.5);
  assert_near(r.rows[0].effect, j * 3 / pooled, 1e-12);
  assert_int_equal(r.rows[0].active_a, 5);
  assert_int_equal(r.rows[0].active_b, 3);
  assert_int_equal(r.exchange, HW_EXCHANGE_UNIT_LABELS);
  assert_int_equal(r.n_exchangeable, 9);
  hw_stats_result_fini(&r);
}

TEST(paired_interval_is_that_of_the_differences) {
  const double a[] = {3, 5, 4, 9}, b[] = {1, 4, 4, 3}; /* differences 2 1 0 6: mean 2.25, squares 20.75 */
  hw_stats_result r;
  compare(&(question){.a = a, .b = b, .n_a = 4, .n_b = 4, .components = 1, .paired = true, .seed = 1, .n = 10}, &r);
  double sd = sqrt(20.75 / 3);
  assert_near(r.rows[0].difference, 2.25, 0);
  assert_near(r.rows[0].effect, 2.25 / sd, 1e-14);
  assert_near(r.rows[0].df, 3, 0);
  assert_near(r.rows[0].upper - r.rows[0].lower, 2 * 3.1824463052837095 * sd / 2, 1e-12);
  assert_int_equal(r.exchange, HW_EXCHANGE_UNIT_SIGNS);
  hw_stats_result_fini(&r);
}

TEST(clustered_interval_is_stata_s) { /* regression of x on the side, variance clustered, written out */
  const double a[] = {1, 2, 4, 5, 0}, b[] = {0, 1, 1, 3};
  const uint32_t ca[] = {9, 9, 4, 4, 7}, cb[] = {9, 4, 7, 7};
  hw_stats_result r;
  compare(&(question){.a = a, .b = b, .clusters_a = ca, .clusters_b = cb, .n_a = 5, .n_b = 4, .components = 1, .seed = 1, .n = 10}, &r);
  double ma = 2.4, mb = 1.25;
  double psi[] = {(3 - 2 * ma) / 5 - (0 - mb) / 4, (9 - 2 * ma) / 5 - (1 - mb) / 4, (0 - ma) / 5 - (4 - 2 * mb) / 4};
  double variance = 3.0 / 2 * 8.0 / 7 * (psi[0] * psi[0] + psi[1] * psi[1] + psi[2] * psi[2]);
  assert_near(r.rows[0].standard_error, sqrt(variance), 1e-14);
  assert_near(r.rows[0].df, 2, 0);
  assert_near(r.rows[0].upper, 1.15 + 4.302652729749464 * sqrt(variance), 1e-12);
  assert_int_equal(r.exchange, HW_EXCHANGE_CLUSTER_SIGNS);
  assert_int_equal(r.n_exchangeable, 3);
  assert_near(r.least_p, 0.25, 0);
  hw_stats_result_fini(&r);
}

TEST(clusters_that_hold_one_unit_each_change_nothing) {
  const double a[] = {1, 2, 3, 4, 10}, b[] = {0, 1, 2, 1};
  const uint32_t ca[] = {0, 1, 2, 3, 4}, cb[] = {5, 6, 7, 8};
  hw_stats_result with, without;
  question q = {.a = a, .b = b, .n_a = 5, .n_b = 4, .components = 1, .seed = 3, .n = 999};
  compare(&q, &without);
  q.clusters_a = ca;
  q.clusters_b = cb;
  compare(&q, &with);
  assert_int_equal(with.n_clusters, 0);
  assert_memory_equal(with.rows, without.rows, sizeof *with.rows);
  hw_stats_result_fini(&with);
  hw_stats_result_fini(&without);
}

TEST(what_cannot_be_known_is_nan) {
  const double a[] = {1, 0, 2}, b[] = {0, 0, 2};
  hw_stats_result r;
  compare(&(question){.a = a, .b = b, .n_a = 1, .n_b = 1, .components = 3, .seed = 1, .n = 9}, &r);
  assert_true(isnan(r.rows[0].lower) && isnan(r.rows[0].standard_error) && isnan(r.rows[0].effect));
  assert_near(r.rows[1].effect, 0, 0);
  assert_near(r.rows[1].p, 1, 0);
  hw_stats_result_fini(&r);
  hw_error err = {0};
  hw_stats_matrix m, narrow;
  dense(a, 3, 1, &m);
  dense(b, 1, 3, &narrow);
  const uint32_t same[] = {5, 5, 5};
  hw_stats_sample s = {&m, NULL}, clustered = {&m, same}, other = {&narrow, NULL};
  hw_stats_settings settings = {.n_permutations = 9};
  assert_refused(hw_stats_compare(&s, &other, &settings, &r, &err), &err, HW_ERROR_INPUT, "different shapes");
  assert_refused(hw_stats_compare(&s, &clustered, &settings, &r, &err), &err, HW_ERROR_INPUT, "different shapes");
  assert_refused(hw_stats_compare(&clustered, &clustered, &settings, &r, &err), &err, HW_ERROR_INPUT, "one cluster");
  settings.n_permutations = 0;
  assert_refused(hw_stats_compare(&s, &s, &settings, &r, &err), &err, HW_ERROR_INPUT, "no permutations");
  hw_stats_entry entry = {0, 0, (double)NAN};
  hw_stats_matrix none;
  assert_refused(hw_stats_matrix_build(&entry, 1, 1, 1, &none, &err), &err, HW_ERROR_INPUT, "not finite");
  hw_stats_matrix_fini(&m);
  hw_stats_matrix_fini(&narrow);
}

/* ---- permutations against all of them ---- */

static bool near_enough(double p, double exact, int64_t n) { /* five standard deviations of the estimate */
  return fabs(p - exact) <= 5 * sqrt(exact * (1 - exact) / (double)n) + 1.0 / (double)n;
}

TEST(label_permutations_agree_with_all_of_them) {
  const double a[] = {0, 3, 4, 4, 9}, b[] = {0, 0, 1, 2, 3, 3};
  double all[11], observed = fabs(20.0 / 5 - 9.0 / 6);
  memcpy(all, a, sizeof a);
  memcpy(all + 5, b, sizeof b);
  int extreme = 0, total = 0;
  for (unsigned mask = 0; mask < 1u << 11; mask++) {
    if (__builtin_popcount(mask) != 5) continue;
    double sum = 0;
    for (int i = 0; i < 11; i++) sum += mask >> i & 1 ? all[i] : 0;
    total++;
    extreme += fabs(sum / 5 - (29 - sum) / 6) >= observed - 1e-12;
  }
  assert_int_equal(total, 462);
  hw_stats_result r, mirrored;
  question q = {.a = a, .b = b, .n_a = 5, .n_b = 6, .components = 1, .seed = 11, .n = 200000};
  compare(&q, &r);
  assert_true(near_enough(r.rows[0].p, extreme / 462.0, q.n));
  compare(&(question){.a = b, .b = a, .n_a = 6, .n_b = 5, .components = 1, .seed = 12, .n = q.n}, &mirrored);
  assert_true(near_enough(mirrored.rows[0].p, extreme / 462.0, q.n));
  hw_stats_result_fini(&r);
  hw_stats_result_fini(&mirrored);
}

TEST(sign_permutations_agree_with_all_of_them) {
  const double a[] = {5, 3, 4, 4, 9, 2, 0}, b[] = {1, 4, 1, 2, 3, 3, 0};
  double observed = 0;
  int extreme = 0;
  for (int i = 0; i < 7; i++) observed += a[i] - b[i];
  for (unsigned mask = 0; mask < 128; mask++) {
    double sum = 0;
    for (int i = 0; i < 7; i++) sum += mask >> i & 1 ? a[i] - b[i] : b[i] - a[i];
    extreme += fabs(sum) >= fabs(observed) - 1e-12;
  }
  hw_stats_result r;
  question q = {.a = a, .b = b, .n_a = 7, .n_b = 7, .components = 1, .paired = true, .seed = 5, .n = 200000};
  compare(&q, &r);
  assert_true(near_enough(r.rows[0].p, extreme / 128.0, q.n));
  assert_near(r.least_p, 1.0 / 64, 0);
  hw_stats_result_fini(&r);
}

/* Clusters of unequal size, each on one side: every choice of 3 of the 7 as side a. */
TEST(permutations_of_whole_clusters_agree_with_all_of_them) {
  const double a[] = {6, 7, 5, 8, 2}, b[] = {1, 2, 0, 3, 3, 1, 4};
  const uint32_t ca[] = {0, 0, 1, 1, 2}, cb[] = {3, 3, 3, 4, 5, 5, 6};
  const double sums[] = {13, 13, 2, 3, 3, 4, 4}, sizes[] = {2, 2, 1, 3, 1, 2, 1};
  double observed = fabs(28.0 / 5 - 14.0 / 7);
  int extreme = 0, total = 0;
  for (unsigned mask = 0; mask < 128; mask++) {
    if (__builtin_popcount(mask) != 3) continue;
    double sum = 0, n = 0;
    for (int i = 0; i < 7; i++) {
      sum += mask >> i & 1 ? sums[i] : 0;
      n += mask >> i & 1 ? sizes[i] : 0;
    }
    total++;
    extreme += fabs(sum / n - (42 - sum) / (12 - n)) >= observed - 1e-12;
  }
  hw_stats_result r;
  question q = {.a = a, .b = b, .clusters_a = ca, .clusters_b = cb, .n_a = 5, .n_b = 7, .components = 1, .seed = 8, .n = 200000};
  compare(&q, &r);
  assert_int_equal(r.exchange, HW_EXCHANGE_CLUSTER_LABELS);
  assert_int_equal(r.n_exchangeable, 7);
  assert_near(r.least_p, 1.0 / 35, 1e-12);
  assert_true(near_enough(r.rows[0].p, (double)extreme / total, q.n));
  hw_stats_result_fini(&r);
}

/* Balanced sides within clusters: pairing cannot matter, as whole clusters change places. */
TEST(balanced_clusters_give_the_paired_p) {
  double a[40], b[40];
  uint32_t clusters[40];
  uint64_t seed = 3;
  for (int i = 0; i < 40; i++) {
    a[i] = unit_below(&seed, 1000);
    b[i] = unit_below(&seed, 900);
    clusters[i] = (uint32_t)i / 4;
  }
  hw_stats_result paired, unpaired;
  question q = {.a = a, .b = b, .clusters_a = clusters, .clusters_b = clusters, .n_a = 40, .n_b = 40, .components = 1, .seed = 9, .n = 4999};
  compare(&q, &unpaired);
  q.paired = true;
  compare(&q, &paired);
  assert_int_equal(paired.exchange, HW_EXCHANGE_CLUSTER_SIGNS);
  assert_int_equal(unpaired.exchange, HW_EXCHANGE_CLUSTER_SIGNS);
  assert_near(paired.rows[0].p, unpaired.rows[0].p, 0);
  hw_stats_result_fini(&paired);
  hw_stats_result_fini(&unpaired);
}

/* ---- data like a run's: zero-inflated, skewed, in clusters ---- */

enum { HEADS = 144, PROMPTS = 500, TEMPLATES = 50 };

/* Rates want many repetitions; under the sanitizers a few show that nothing is touched that should not be. */
#ifdef __SANITIZE_ADDRESS__
enum { REPEATS = 10, RATES = false };
#else
enum { REPEATS = 200, RATES = true };
#endif

static double uniform(hw_random *r) { return ((double)(hw_random_next(r) >> 11) + 0.5) * 0x1p-53; }
static double normal(hw_random *r) { return sqrt(-2 * log(uniform(r))) * cos(6.283185307179586 * uniform(r)); }

/* A head is active with its own probability, more in some templates; then log-normal, larger in some templates; in 1e-6. */
static void make_run(uint64_t seed, double template_spread, double *x, uint32_t *templates) {
  hw_random r;
  hw_random_init(&r, seed, 0);
  for (size_t i = 0; i < PROMPTS; i++) templates[i] = hw_random_below(&r, TEMPLATES);
  for (size_t h = 0; h < HEADS; h++) {
    double often = 2 * normal(&r), size = 0.03 + 0.2 * uniform(&r), shift[TEMPLATES], grow[TEMPLATES];
    for (int t = 0; t < TEMPLATES; t++) {
      shift[t] = 2 * template_spread * normal(&r);
      grow[t] = template_spread * normal(&r);
    }
    for (size_t i = 0; i < PROMPTS; i++) {
      bool active = uniform(&r) < 1 / (1 + exp(-(often + shift[templates[i]])));
      double value = 0.04 + size * exp(0.8 * normal(&r) + grow[templates[i]]);
      x[i * HEADS + h] = active ? floor(1e6 * (value < 1 ? value : 1)) : 0;
    }
  }
}

/* Splits prompts at random in two halves of rows. */
static void halve(hw_random *r, const double *x, const uint32_t *templates, double *halves, uint32_t *clusters) {
  uint32_t order[PROMPTS];
  for (uint32_t i = 0; i < PROMPTS; i++) order[i] = i;
  for (uint32_t i = 0; i < PROMPTS; i++) {
    uint32_t j = i + hw_random_below(r, PROMPTS - i), t = order[i];
    order[i] = order[j];
    order[j] = t;
    memcpy(halves + i * HEADS, x + order[i] * HEADS, HEADS * sizeof *x);
    clusters[i] = templates[order[i]];
  }
}

static void check_halvings(bool by_cluster, uint64_t seed) {
  static double x[PROMPTS * HEADS], halves[PROMPTS * HEADS];
  static uint32_t templates[PROMPTS], clusters[PROMPTS];
  make_run(seed, 0.5, x, templates);
  hw_random r;
  hw_random_init(&r, seed, 1);
  int any = 0, low = 0;
  for (int k = 0; k < REPEATS; k++) {
    halve(&r, x, templates, halves, clusters);
    hw_stats_result result;
    compare(&(question){.a = halves, .b = halves + PROMPTS / 2 * HEADS, .clusters_a = by_cluster ? clusters : NULL,
                        .clusters_b = by_cluster ? clusters + PROMPTS / 2 : NULL, .n_a = PROMPTS / 2, .n_b = PROMPTS / 2,
                        .components = HEADS, .seed = (uint64_t)k, .n = 4999}, &result);
    bool found = false;
    for (int h = 0; h < HEADS; h++) {
      low += result.rows[h].p < 0.05;
      found = found || result.rows[h].q < 0.05;
    }
    any += found;
    hw_stats_result_fini(&result);
  }
  double share = (double)low / (REPEATS * HEADS);
  print_message("%d halvings, %s: %.1f%% with any q < 0.05; %.2f%% of p < 0.05\n", REPEATS, by_cluster ? "clusters" : "prompts",
                100.0 * any / REPEATS, 100 * share);
  assert_true(!RATES || any <= 0.08 * REPEATS);
  assert_true(!RATES || (share >= 0.04 && share <= 0.06));
}

TEST(halves_of_one_run_do_not_differ) {
  check_halvings(false, 1);
  check_halvings(true, 1);
}

/* One head shifted by half a standard deviation. With 50 clusters the quantile that it must reach is Student's with 49 df, and their
 * sizes on both sides differ by chance: some power is lost. */
static void check_shift(bool by_cluster, double wanted) {
  enum { N = PROMPTS / 2, PLANTED = 77 };
  static double x[PROMPTS * HEADS], halves[PROMPTS * HEADS];
  static uint32_t templates[PROMPTS], clusters[PROMPTS];
  int found = 0;
  for (uint64_t seed = 0; seed < REPEATS; seed++) {
    if (seed % 20 == 0) make_run(100 + seed, by_cluster ? 0.3 : 0, x, templates);
    hw_random r;
    hw_random_init(&r, seed, 2);
    halve(&r, x, templates, halves, clusters);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < PROMPTS; i++) sum += halves[i * HEADS + PLANTED];
    for (size_t i = 0; i < PROMPTS; i++) squares += pow(halves[i * HEADS + PLANTED] - sum / PROMPTS, 2);
    for (size_t i = 0; i < N; i++) halves[i * HEADS + PLANTED] += 0.5 * sqrt(squares / (PROMPTS - 1));
    hw_stats_result result;
    compare(&(question){.a = halves, .b = halves + N * HEADS, .clusters_a = by_cluster ? clusters : NULL,
                        .clusters_b = by_cluster ? clusters + N : NULL, .n_a = N, .n_b = N, .components = HEADS, .seed = seed, .n = 10000},
            &result);
    found += result.rows[PLANTED].q < 0.05;
    hw_stats_result_fini(&result);
  }
  print_message("shift of 0.5 sd in one head of %d, n = %d a group, %s: found in %d of %d\n", HEADS, N, by_cluster ? "clusters" : "prompts",
                found, REPEATS);
  assert_true(!RATES || found >= wanted * REPEATS);
}

TEST(a_planted_shift_is_found) {
  check_shift(false, 0.95);
  check_shift(true, 0.90);
}

/* Templates that react in different ways, on average not at all: the level holds where templates are the population. */
TEST(reactions_that_differ_by_template_are_no_average_reaction) {
  enum { RUNS = 2 * REPEATS, T = 30, EACH = 16, N = T * EACH };
  static double a[N], b[N];
  static uint32_t clusters[N];
  int low = 0, low_paired = 0;
  for (uint64_t run = 0; run < RUNS; run++) {
    hw_random r;
    hw_random_init(&r, run, 5);
    for (size_t t = 0; t < T; t++) {
      double reaction = normal(&r);
      for (size_t i = t * EACH; i < (t + 1) * EACH; i++) {
        a[i] = reaction + normal(&r);
        b[i] = normal(&r);
        clusters[i] = (uint32_t)t;
      }
    }
    hw_stats_result result;
    question q = {.a = a, .b = b, .clusters_a = clusters, .clusters_b = clusters, .n_a = N, .n_b = N, .components = 1, .seed = run, .n = 999};
    compare(&q, &result);
    low += result.rows[0].p < 0.05;
    hw_stats_result_fini(&result);
    q.paired = true;
    compare(&q, &result);
    low_paired += result.rows[0].p < 0.05;
    hw_stats_result_fini(&result);
  }
  print_message("reactions by template: %.1f%% of p < 0.05, paired %.1f%%\n", 100.0 * low / RUNS, 100.0 * low_paired / RUNS);
  if (!RATES) return;
  assert_in_range(low, RUNS / 50, RUNS / 12);
  assert_in_range(low_paired, RUNS / 50, RUNS / 12);
}

TEST(a_sample_against_itself_differs_by_nothing) {
  static double x[PROMPTS * HEADS];
  static uint32_t templates[PROMPTS];
  make_run(4, 0.5, x, templates);
  for (int mode = 0; mode < 4; mode++) {
    hw_stats_result r;
    compare(&(question){.a = x, .b = x, .clusters_a = mode & 1 ? templates : NULL, .clusters_b = mode & 1 ? templates : NULL,
                        .n_a = PROMPTS, .n_b = PROMPTS, .components = HEADS, .paired = mode & 2, .seed = 1, .n = 99}, &r);
    for (int h = 0; h < HEADS; h++) {
      assert_true(r.rows[h].difference == 0 && r.rows[h].effect == 0 && r.rows[h].p == 1 && r.rows[h].q == 1);
      if (mode & 2) assert_true(r.rows[h].lower == 0 && r.rows[h].upper == 0);
    }
    hw_stats_result_fini(&r);
  }
}

TEST(any_number_of_threads_gives_the_same) {
  static double x[PROMPTS * HEADS];
  static uint32_t templates[PROMPTS];
  make_run(6, 0.5, x, templates);
  for (int mode = 0; mode < 2; mode++) {
    hw_stats_result r[2];
    question q = {.a = x, .b = x + 200 * HEADS, .clusters_a = mode ? templates : NULL, .clusters_b = mode ? templates + 200 : NULL,
                  .n_a = 200, .n_b = PROMPTS - 200, .components = HEADS, .seed = 77, .n = 777};
    for (int k = 0; k < 2; k++) {
      omp_set_num_threads(k ? 4 : 1);
      compare(&q, &r[k]);
    }
    assert_memory_equal(r[0].rows, r[1].rows, HEADS * sizeof *r[0].rows);
    for (int k = 0; k < 2; k++) hw_stats_result_fini(&r[k]);
  }
  omp_set_num_threads(omp_get_num_procs());
}

/* More units than a block holds, a number of permutations that is no multiple of the lanes, sparse columns. */
TEST(blocks_and_lanes_leave_nothing_out) {
  enum { N = 2500 };
  static double a[N], b[N];
  for (int i = 0; i < N; i++) {
    a[i] = i % 3 == 0;
    b[i] = i % 3 == 1;
  }
  hw_stats_result r, flipped;
  question q = {.a = a, .b = b, .n_a = N, .n_b = N - 1, .components = 1, .seed = 2, .n = 1001};
  compare(&q, &r);
  assert_near(r.rows[0].mean_a - r.rows[0].mean_b, r.rows[0].difference, 1e-15);
  assert_true(r.rows[0].p > 0.3); /* 834 of 2500 against 833 of 2499 */
  a[2] = 1;
  for (int i = 0; i < 200; i++) a[3 * i + 1] = 1;
  compare(&q, &flipped);
  assert_near(flipped.rows[0].p, 1.0 / 1002, 1e-15);
  hw_stats_result_fini(&r);
  hw_stats_result_fini(&flipped);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_is_the_published_generator),
      cmocka_unit_test(distributions_have_their_known_values),
      cmocka_unit_test(false_discovery_rates_of_the_classic_example),
      cmocka_unit_test(unpaired_interval_is_welchs),
      cmocka_unit_test(paired_interval_is_that_of_the_differences),
      cmocka_unit_test(clustered_interval_is_stata_s),
      cmocka_unit_test(clusters_that_hold_one_unit_each_change_nothing),
      cmocka_unit_test(what_cannot_be_known_is_nan),
      cmocka_unit_test(label_permutations_agree_with_all_of_them),
      cmocka_unit_test(sign_permutations_agree_with_all_of_them),
      cmocka_unit_test(permutations_of_whole_clusters_agree_with_all_of_them),
      cmocka_unit_test(balanced_clusters_give_the_paired_p),
      cmocka_unit_test(halves_of_one_run_do_not_differ),
      cmocka_unit_test(a_planted_shift_is_found),
      cmocka_unit_test(reactions_that_differ_by_template_are_no_average_reaction),
      cmocka_unit_test(a_sample_against_itself_differs_by_nothing),
      cmocka_unit_test(any_number_of_threads_gives_the_same),
      cmocka_unit_test(blocks_and_lanes_leave_nothing_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
