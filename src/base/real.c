/* SPDX-License-Identifier: Apache-2.0
 * Compiled without contraction: the low parts of the sums below are what rounding took off the high parts.
 * tests/reference/make_coefficients.py makes the coefficients. */
#include "base/real.h"

#include "base/exp_of.h"

/* The exact sum of two numbers. */
static hw_pair sum_of(double a, double b) {
  double sum = a + b, part = sum - a;
  return (hw_pair){sum, (a - (sum - part)) + (b - part)};
}

double hw_exp(double x) {
  if (x > 710) return (double)INFINITY;
  if (x < -746) return 0;
  return x == x ? hw_exp_of(x, 0) : x;
}

double hw_exp2(double x) {
  static const double ln2 = 0x1.62e42fefa39efp-1, ln2_below = 0x1.abc9e3b39803fp-56;
  if (x > 1025) return (double)INFINITY;
  if (x < -1076) return 0;
  return x == x ? hw_exp_of(x * ln2, fma(x, ln2, -(x * ln2)) + x * ln2_below) : x;
}

/* log(x) = e log(2) + log(m) with m from sqrt(1/2) to sqrt(2); log(m) = 2 s + s^3 (2/3 + s^2 P(s^2)), s = (m - 1) / (m + 1). x is
 * positive and finite. The relative error is below 2^-64. */
static hw_pair log_of(double x) {
  static const double terms[] = {0x1.999999999999ap-2, 0x1.2492492492491p-2, 0x1.c71c71c71cfd7p-3, 0x1.745d17451376fp-3, 0x1.3b13b1bc64d9dp-3, 0x1.1110dfb2433c1p-3, 0x1.e1f7f8b33879dp-4, 0x1.ac4ab12e9f86p-4, 0x1.b8d2ce0baf5e8p-4};
  static const double two_thirds = 0x1.5555555555555p-1, two_thirds_rest = 0x1.5555555555555p-55;
  static const uint64_t root_half = 0x3FE6A09E667F3BCDu;
  int64_t exponent = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    exponent = -54;
  }
  int64_t shift = (int64_t)(hw_double_to_bits(x) - root_half) >> 52;
  double m = hw_bits_to_double(hw_double_to_bits(x) - ((uint64_t)shift << 52)), e = (double)(exponent + shift);
  double above = m - 1, below = m + 1, below_low = m - (below - 1);
  double s = above / below, s_low = (fma(-s, below, above) - s * below_low) / below;
  double z = s * s, z_low = fma(s, s, -z) + 2 * s * s_low;
  hw_pair factor = hw_ordered_sum(two_thirds, z * HW_REAL_POLYNOMIAL(z, terms));
  factor.low += two_thirds_rest;
  double u = z * factor.high, u_low = fma(z, factor.high, -u) + (z * factor.low + z_low * factor.high);
  double t = s * u, t_low = fma(s, u, -t) + (s * u_low + s_low * u);
  hw_pair of_m = hw_ordered_sum(2 * s, t), all = hw_ordered_sum(e * HW_LN2_HEAD, of_m.high);
  return hw_ordered_sum(all.high, all.low + (of_m.low + (2 * s_low + t_low) + e * HW_LN2_REST));
}

double hw_log(double x) {
  if (x == 0) return -(double)INFINITY;
  if (x < 0) return (double)NAN;
  return x < (double)INFINITY ? log_of(x).high : x;
}

double hw_pow(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (x == 0 || x == (double)INFINITY) return x != x || y != y ? (double)NAN : (x == 0) == (y < 0) ? (double)INFINITY : 0;
  if (!(x > 0)) return (double)NAN;
  hw_pair log_x = log_of(x);
  double product = y * log_x.high;
  if (!(fabs(product) < 1000)) return hw_exp(product);
  return hw_exp_of(product, fma(y, log_x.high, -product) + y * log_x.low);
}

/* angle - n pi/2, with pi/2 in parts whose products with n are exact. */
static hw_pair reduced(double angle, double n) {
  static const double half_pi[] = {0x1.921fb5p+0, 0x1.110b46p-26, 0x1.1a6263p-54, 0x1.8a2e03707344ap-81};
  hw_pair r = {fma(-n, half_pi[0], angle), 0};
  for (int i = 1; i < 3; i++) {
    hw_pair sum = sum_of(r.high, -(n * half_pi[i]));
    r = (hw_pair){sum.high, r.low + sum.low};
  }
  return hw_ordered_sum(r.high, r.low - n * half_pi[3]);
}

void hw_sin_cos(double angle, double *sine, double *cosine) {
  static const double sin_terms[] = {-0x1.5555555555555p-3, 0x1.1111111111111p-7, -0x1.a01a01a01a019p-13, 0x1.71de3a556c2c8p-19, -0x1.ae64567e73219p-26, 0x1.61245fb507691p-33, -0x1.ae7c53ccfc679p-41, 0x1.9242bc8544292p-49};
  static const double cos_terms[] = {0x1.5555555555555p-5, -0x1.6c16c16c16c17p-10, 0x1.a01a01a01a019p-16, -0x1.27e4fb7789d98p-22, 0x1.1eed8eff336c1p-29, -0x1.93974954490b6p-37, 0x1.ae7ce8e10b0f8p-45, -0x1.65d2c0a3f787dp-53};
  static const double two_over_pi = 0x1.45f306dc9c883p-1;
  *sine = *cosine = (double)NAN;
  if (!(fabs(angle) <= 1e8)) return;
  double n = (angle * two_over_pi + HW_NEAREST_INTEGER) - HW_NEAREST_INTEGER;
  hw_pair r = reduced(angle, n);
  double z = r.high * r.high, most = 1 - z / 2;
  double s = r.high + (r.high * z * HW_REAL_POLYNOMIAL(z, sin_terms) + r.low * most);
  double c = most + (((1 - most) - z / 2) + (z * z * HW_REAL_POLYNOMIAL(z, cos_terms) - r.high * r.low));
  switch ((int64_t)n & 3) {
    case 0: *sine = s, *cosine = c; break;
    case 1: *sine = c, *cosine = -s; break;
    case 2: *sine = -s, *cosine = -c; break;
    default: *sine = -c, *cosine = s; break;
  }
}
