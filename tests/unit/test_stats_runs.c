/* SPDX-License-Identifier: Apache-2.0
 * Two samples of data like a run's: how often the tests are wrong, and that the number of threads changes nothing. */
#include <omp.h>

#include "stats_cases.h"
#include "stats/matrix.h"

/* ---- data like a run's: zero-inflated, skewed, in clusters ---- */

enum { HEADS = 144, PROMPTS = 500, TEMPLATES = 50 };

/* Rates want many repetitions; under the sanitizers a few show that nothing is touched that should not be. */
#ifdef UNIT_SANITIZED
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

/* ---- memory ---- */

/* n_units that each have a value in one component, in clusters of two neighbours. */
static void make_sparse(size_t n_units, size_t n_components, hw_stats_matrix *matrix, uint32_t *clusters) {
  hw_stats_entry *entries = calloc(n_units, sizeof *entries);
  hw_error err = {0};
  assert_non_null(entries);
  for (size_t i = 0; i < n_units; i++) {
    entries[i] = (hw_stats_entry){(uint32_t)i, (uint32_t)(i % n_components), 1 + (double)(i % 7)};
    clusters[i] = (uint32_t)(i / 2);
  }
  assert_ok(hw_stats_matrix_build(entries, n_units, n_units, n_components, matrix, &err), &err);
  free(entries);
}

TEST(clusters_without_a_component_take_no_memory_of_it) {
  enum { UNITS = 2000, COMPONENTS = 50 };
  static uint32_t clusters[UNITS];
  static hw_stats_row rows[COMPONENTS];
  hw_stats_matrix pairs, moved;
  hw_clusters found;
  hw_error err = {0};
  make_sparse(UNITS, COMPONENTS, &pairs, clusters);
  const hw_stats_sample sample = {.values = &pairs, .clusters = clusters};
  assert_ok(hw_clusters_find(&sample, &sample, true, &found, &err), &err);
  assert_ok(hw_clusters_contribute(&found, &pairs, NULL, rows, &moved, &err), &err);
  assert_int_equal(moved.starts[COMPONENTS], UNITS); /* neighbours have values in different components */
  hw_stats_matrix_fini(&moved);
  hw_clusters_fini(&found);
  hw_stats_matrix_fini(&pairs);
}

TEST(too_many_clusters_by_components_are_refused_before_they_take_memory) {
  enum { UNITS = 2000000, COMPONENTS = 1000000 };
  uint32_t *clusters = calloc(UNITS, sizeof *clusters);
  hw_stats_matrix values, moved;
  hw_clusters found;
  hw_stats_row row; /* none is written */
  hw_error err = {0};
  assert_non_null(clusters);
  make_sparse(UNITS, COMPONENTS, &values, clusters);
  const hw_stats_sample sample = {.values = &values, .clusters = clusters};
  assert_ok(hw_clusters_find(&sample, &sample, false, &found, &err), &err);
  assert_refused(hw_clusters_contribute(&found, &values, &values, &row, &moved, &err), &err, HW_ERROR_MEMORY, "1000000 clusters by 1000000 components take");
  hw_clusters_fini(&found);
  hw_stats_matrix_fini(&values);
  free(clusters);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(halves_of_one_run_do_not_differ),
      cmocka_unit_test(a_planted_shift_is_found),
      cmocka_unit_test(reactions_that_differ_by_template_are_no_average_reaction),
      cmocka_unit_test(a_sample_against_itself_differs_by_nothing),
      cmocka_unit_test(any_number_of_threads_gives_the_same),
      cmocka_unit_test(clusters_without_a_component_take_no_memory_of_it),
      cmocka_unit_test(too_many_clusters_by_components_are_refused_before_they_take_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
