/* SPDX-License-Identifier: Apache-2.0
 * The library's own functions of one float64 against libm's of long double: at most 2 units in the last place apart. */
#include "unit.h"
#include "base/real.h"

/* A float64 of any exponent and sign. */
static double any_double(uint64_t *seed) {
  double x;
  do {
    uint64_t bits = unit_random(seed);
    memcpy(&x, &bits, sizeof x);
  } while (!isfinite(x));
  return x;
}
static double between(uint64_t *seed, double low, double high) {
  return low + (high - low) * ((double)(unit_random(seed) >> 11) * 0x1p-53);
}

typedef struct error_found { double units, at; } error_found;

/* In units of the last place of `want`, no smaller than that of the least normal number. */
static void compare(error_found *worst, double found, long double want, double at) {
  if (!isfinite((double)want)) {
    if (isnan((double)want) ? isnan(found) : found == (double)want) return;
    fail_msg("f(%.17g) is %.17g, want %.17Lg", at, found, want);
  }
  int exponent;
  (void)frexpl(want, &exponent);
  double units = (double)(fabsl((long double)found - want) / ldexpl(1, (exponent < -1021 ? -1021 : exponent) - 53));
  if (!(units <= worst->units)) *worst = (error_found){units, at};
}

static void check(const char *name, const error_found *worst) {
  print_message("%s: %.3f units in the last place at %.17g\n", name, worst->units, worst->at);
  assert_true(worst->units <= 2);
}

enum { N = 300000 };

TEST(exponentials) {
  uint64_t seed = 1;
  error_found of_exp = {0}, of_exp2 = {0};
  for (size_t i = 0; i < N; i++) {
    const double near[] = {between(&seed, -750, 715), between(&seed, -1, 1) * exp2(between(&seed, -60, 0)), any_double(&seed)};
    for (size_t k = 0; k < COUNT_OF(near); k++) {
      compare(&of_exp, hw_exp(near[k]), expl((long double)near[k]), near[k]);
      compare(&of_exp2, hw_exp2(near[k] * 1.45), exp2l((long double)(near[k] * 1.45)), near[k] * 1.45);
    }
  }
  check("exp", &of_exp);
  check("exp2", &of_exp2);
  for (int n = -1080; n <= 1030; n++) assert_true(hw_exp2(n) == ldexp(1, n));
  assert_true(hw_exp(0) == 1 && hw_exp(-INFINITY) == 0 && isinf(hw_exp(INFINITY)) && isnan(hw_exp(NAN)) && isnan(hw_exp2(NAN)));
}

TEST(logarithm) {
  uint64_t seed = 2;
  error_found of_log = {0};
  for (size_t i = 0; i < N; i++) {
    const double near[] = {fabs(any_double(&seed)), between(&seed, 0.5, 2), 1 + between(&seed, -1, 1) * exp2(between(&seed, -52, 0))};
    for (size_t k = 0; k < COUNT_OF(near); k++) compare(&of_log, hw_log(near[k]), logl((long double)near[k]), near[k]);
  }
  compare(&of_log, hw_log(0x1p-1074), logl(0x1p-1074L), 0x1p-1074);
  check("log", &of_log);
  assert_true(hw_log(1) == 0 && hw_log(0) == -INFINITY && isinf(hw_log(INFINITY)) && isnan(hw_log(-1)) && isnan(hw_log(NAN)));
}

TEST(powers) {
  uint64_t seed = 3;
  error_found of_pow = {0};
  for (size_t i = 0; i < N; i++) {
    double x = fabs(any_double(&seed)), base = between(&seed, 500, 1e7);
    const double any = between(&seed, -1100, 1100) / (fabs(log2(x)) + 1e-6), below_1 = -between(&seed, 0, 1);
    compare(&of_pow, hw_pow(x, any), powl((long double)x, (long double)any), x);
    compare(&of_pow, hw_pow(base, below_1), powl((long double)base, (long double)below_1), base);
  }
  check("pow", &of_pow);
  double ten = 1;
  for (int n = 0; n <= 22; n++, ten *= 10) assert_true(hw_pow(10, n) == ten); /* exact powers are found exactly */
  static const double special[] = {0, 0.5, 1, 2, 3, INFINITY, NAN}, exponents[] = {-INFINITY, -3, -0.5, 0, 0.5, 1, 2, INFINITY, NAN};
  for (size_t i = 0; i < COUNT_OF(special); i++)
    for (size_t k = 0; k < COUNT_OF(exponents); k++) {
      double found = hw_pow(special[i], exponents[k]), want = pow(special[i], exponents[k]);
      assert_true(isnan(want) ? isnan(found) : fabs(found - want) <= 1e-15 * want || found == want);
    }
  assert_true(isnan(hw_pow(-2, 0.5)) && hw_pow(-2, 0) == 1);
}

TEST(angles) {
  uint64_t seed = 4;
  error_found of_sine = {0}, of_cosine = {0};
  for (size_t i = 0; i < N; i++) {
    const double angles[] = {between(&seed, -1e6, 1e6), between(&seed, -1e8, 1e8), between(&seed, -1, 1) * exp2(between(&seed, -60, 0)),
                             rint(between(&seed, 0, 1e6)) * M_PI_2}; /* the last: as near to a zero as a float64 comes by rounding */
    for (size_t k = 0; k < COUNT_OF(angles); k++) {
      double sine, cosine;
      hw_sin_cos(angles[k], &sine, &cosine);
      compare(&of_sine, sine, sinl((long double)angles[k]), angles[k]);
      compare(&of_cosine, cosine, cosl((long double)angles[k]), angles[k]);
    }
  }
  check("sin", &of_sine);
  check("cos", &of_cosine);
  static const double refused[] = {1.0001e8, -1e300, INFINITY, NAN};
  for (size_t i = 0; i < COUNT_OF(refused); i++) {
    double sine, cosine;
    hw_sin_cos(refused[i], &sine, &cosine);
    assert_true(isnan(sine) && isnan(cosine));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(exponentials), cmocka_unit_test(logarithm), cmocka_unit_test(powers),
                                     cmocka_unit_test(angles)};
  return cmocka_run_group_tests_name("real", tests, NULL, NULL);
}
