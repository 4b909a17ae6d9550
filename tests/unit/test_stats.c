/* SPDX-License-Identifier: Apache-2.0
 * Two samples compared: numbers worked out elsewhere, and permutations against all of them. */
#include <float.h>

#include "../stats/student.h"
#include "stats_cases.h"

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
  for (size_t i = 0; i < COUNT_OF(student_quantiles); i++) {
    double p = student_quantiles[i].probability, df = student_quantiles[i].df, t = student_quantiles[i].t;
    assert_near(hw_stats_t_quantile(p, df) / t, 1, 1e-13);
    assert_true(hw_stats_t_quantile(1 - p, df) == -hw_stats_t_quantile(p, df)); /* 1 - p is exact */
  }
  assert_true(hw_stats_t_quantile(0.5, 3) == 0 && isinf(hw_stats_t_quantile(1, 3)) && hw_stats_t_quantile(0, 3) == -INFINITY);
  assert_true(isnan(hw_stats_t_quantile(0.975, 0)));
  for (size_t i = 0; i < COUNT_OF(student_tails); i++)
    assert_near(hw_stats_t_two_sided(-student_tails[i].t, student_tails[i].df) / student_tails[i].p, 1, 1e-12);
  assert_true(hw_stats_t_two_sided(0, 5) == 1 && hw_stats_t_two_sided(INFINITY, 5) == DBL_MIN && hw_stats_t_two_sided(1e6, 1e6) == DBL_MIN);
  assert_true(hw_stats_t_two_sided(865, 199) == DBL_MIN && hw_stats_t_two_sided(1e300, 3) == DBL_MIN && hw_stats_t_two_sided(1e102, 3) > DBL_MIN);
  assert_true(isnan(hw_stats_t_two_sided(1, 0.9)) && isnan(hw_stats_t_two_sided(1, INFINITY)) && isnan(hw_stats_t_two_sided((double)NAN, 3)));
  assert_near(hw_stats_hedges(2), 0.5641895835477563, 1e-12);  /* gamma(1) / gamma(1/2) */
  assert_near(hw_stats_hedges(4), 0.7978845608028654, 1e-12);  /* sqrt(2 / pi) */
  for (size_t i = 0; i < COUNT_OF(hedges_values); i++)
    assert_near(hw_stats_hedges(hedges_values[i].df) / hedges_values[i].j, 1, 1e-14);
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
  for (int i = 0; i < 2; i++) {
    settings.n_permutations = i ? INT64_MAX : 0;
    assert_refused(hw_stats_compare(&s, &s, &settings, &r, &err), &err, HW_ERROR_INPUT, "want a whole number from 1 to 1000000000");
  }
  hw_stats_entry entry = {0, 0, (double)NAN};
  hw_stats_matrix none;
  assert_refused(hw_stats_matrix_build(&entry, 1, 1, 1, &none, &err), &err, HW_ERROR_INPUT, "not finite");
  hw_stats_matrix_fini(&m);
  hw_stats_matrix_fini(&narrow);
}

/* ---- permutations against all of them ---- */

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
  question q = {.a = a, .b = b, .n_a = 5, .n_b = 6, .components = 1, .seed = 11, .n = 1000};
  compare(&q, &r);
  assert_near(r.rows[0].p, extreme / 462.0, 1e-15);
  compare(&(question){.a = b, .b = a, .n_a = 6, .n_b = 5, .components = 1, .seed = 12, .n = q.n}, &mirrored);
  assert_near(mirrored.rows[0].p, extreme / 462.0, 1e-15);
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
  question q = {.a = a, .b = b, .n_a = 7, .n_b = 7, .components = 1, .paired = true, .seed = 5, .n = 1000};
  compare(&q, &r);
  assert_near(r.rows[0].p, extreme / 128.0, 1e-15);
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
  question q = {.a = a, .b = b, .clusters_a = ca, .clusters_b = cb, .n_a = 5, .n_b = 7, .components = 1, .seed = 8, .n = 1000};
  compare(&q, &r);
  assert_int_equal(r.exchange, HW_EXCHANGE_CLUSTER_LABELS);
  assert_int_equal(r.n_exchangeable, 7);
  assert_near(r.least_p, 1.0 / 35, 1e-12);
  assert_near(r.rows[0].p, (double)extreme / total, 1e-15);
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
      cmocka_unit_test(blocks_and_lanes_leave_nothing_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
