/* SPDX-License-Identifier: Apache-2.0
 * Permutation tests that go through all arrangements, against tests/stats/arrangements.py. */
#include <omp.h>

#include "stats_cases.h"
#include "../stats/arrangements.h"

static void compare_case(size_t i, int64_t n_permutations, uint64_t seed, hw_stats_result *r) {
  question q = {.a = arranged[i].a, .b = arranged[i].b, .n_a = arranged[i].n_a, .n_b = arranged[i].n_b, .components = ARRANGED_COMPONENTS,
                .paired = arranged[i].paired, .seed = seed, .n = n_permutations};
  if (arranged[i].clustered) {
    q.clusters_a = arranged[i].of_a;
    q.clusters_b = arranged[i].of_b;
  }
  compare(&q, r);
}

/* As many permutations as there are arrangements, or one more: each is taken once, whatever the seed. */
TEST(all_arrangements_are_taken_where_there_are_no_more_of_them) {
  for (size_t i = 0; i < COUNT_OF(arranged); i++)
    for (int more = 0; more < 2; more++) {
      hw_stats_result r;
      double n = (double)arranged[i].n_arrangements;
      compare_case(i, arranged[i].n_arrangements + more, (uint64_t)more, &r);
      assert_true(r.exact && r.n_arrangements == arranged[i].n_arrangements);
      assert_true(r.least_p == (double)arranged[i].least / n && r.least_exact_p == r.least_p);
      for (int c = 0; c < ARRANGED_COMPONENTS; c++) {
        assert_true(r.rows[c].p == (double)arranged[i].extreme[c] / n);
        assert_true(r.rows[c].p >= r.least_p);
      }
      hw_stats_result_fini(&r);
    }
}

/* One permutation fewer: as many are drawn at random, each by itself. */
TEST(arrangements_are_drawn_where_there_are_more_of_them) {
  for (size_t i = 0; i < COUNT_OF(arranged); i++) {
    hw_stats_result r;
    int64_t n = arranged[i].n_arrangements - 1;
    compare_case(i, n, 3, &r);
    assert_true(!r.exact && r.n_arrangements == n);
    assert_near(r.least_p, 1 / (double)(n + 1), 1e-15);
    assert_near(r.least_exact_p, (double)arranged[i].least / (double)(n + 1), 1e-15);
    for (int c = 0; c < ARRANGED_COMPONENTS; c++) {
      double exact = (double)arranged[i].extreme[c] / (double)arranged[i].n_arrangements;
      assert_true(r.rows[c].p >= r.least_p);
      assert_near(r.rows[c].p, exact, 5 * sqrt(exact * (1 - exact) / (double)n) + 1.0 / (double)n);
    }
    hw_stats_result_fini(&r);
  }
}

/* More arrangements than lanes, and a last batch that is not full. */
TEST(exact_p_is_the_same_for_any_number_of_threads) {
  for (size_t i = 0; i < COUNT_OF(arranged); i++) {
    hw_stats_result r[2];
    for (int k = 0; k < 2; k++) {
      omp_set_num_threads(k ? 4 : 1);
      compare_case(i, 100000, 1, &r[k]);
    }
    assert_memory_equal(r[0].rows, r[1].rows, ARRANGED_COMPONENTS * sizeof *r[0].rows);
    for (int k = 0; k < 2; k++) hw_stats_result_fini(&r[k]);
  }
  omp_set_num_threads(omp_get_num_procs());
}

/* What is drawn is near what all arrangements give: five standard deviations of the estimate. */
static void check_drawn(question *q, int64_t n_all) {
  hw_stats_result all, drawn;
  q->n = n_all;
  compare(q, &all);
  q->n = 40000;
  compare(q, &drawn);
  double exact = all.rows[0].p;
  assert_true(all.exact && all.n_arrangements == n_all && !drawn.exact && exact > 0.01 && exact < 0.9);
  assert_near(drawn.rows[0].p, exact, 5 * sqrt(exact * (1 - exact) / (double)q->n) + 1.0 / (double)q->n);
  hw_stats_result_fini(&all);
  hw_stats_result_fini(&drawn);
}

TEST(what_is_drawn_agrees_with_all) {
  enum { N = 20 };
  double a[N], b[N];
  uint32_t of_a[N], of_b[N];
  uint64_t seed = 4;
  for (uint32_t i = 0; i < N; i++) {
    a[i] = unit_below(&seed, 1000);
    b[i] = unit_below(&seed, 800);
    of_a[i] = i / 2 + i % 3; /* 8 clusters of 1 to 3 */
    of_b[i] = 50 + i / 2;    /* 10 clusters of 2 */
  }
  check_drawn(&(question){.a = a, .b = b, .n_a = N, .n_b = N, .components = 1, .paired = true, .seed = 1}, 1 << N);
  check_drawn(&(question){.a = a, .b = b, .n_a = 11, .n_b = 12, .components = 1, .seed = 2}, 1352078);
  check_drawn(&(question){.a = a, .b = b, .clusters_a = of_a, .clusters_b = of_b, .n_a = N, .n_b = N, .components = 1, .seed = 3}, 43758);
}

/* More pairs than bits of a number, and more choices than a double holds. */
TEST(arrangements_without_number_are_drawn) {
  enum { N = 1200 };
  static double a[N], b[N];
  for (int i = 0; i < N; i++) a[i] = i % 5;
  for (int paired = 0; paired < 2; paired++)
    for (size_t n = 32; n <= N; n *= 6) {
      hw_stats_result r;
      compare(&(question){.a = a, .b = b, .n_a = n, .n_b = n, .components = 1, .paired = paired, .seed = 1, .n = 99}, &r);
      assert_true(!r.exact && r.n_arrangements == 99 && r.least_exact_p < 1e-9);
      assert_near(r.least_p, 0.01, 1e-15);
      hw_stats_result_fini(&r);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_arrangements_are_taken_where_there_are_no_more_of_them),
      cmocka_unit_test(arrangements_are_drawn_where_there_are_more_of_them),
      cmocka_unit_test(exact_p_is_the_same_for_any_number_of_threads),
      cmocka_unit_test(what_is_drawn_agrees_with_all),
      cmocka_unit_test(arrangements_without_number_are_drawn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
