/* SPDX-License-Identifier: Apache-2.0
 * Quantiles and tails of Student's t, and Hedges' J, to about 1e-14 for df from 1 to 1e7 (no lgamma: at df 1e7 the difference of two of its
 * values keeps 8 digits). */
#include <float.h>
#include <math.h>

#include "stats/matrix.h"

static const double PI = 3.14159265358979323846;

/* gamma(a + 1/2) / gamma(a): Stirling's series of the logarithm where it is exact to 1e-16, reached by gamma(a + 1) = a gamma(a). */
static double gamma_ratio(double a) {
  double factor = 1;
  for (; a < 16; a++) factor *= a / (a + 0.5);
  double x = 1 / (a * a);
  double series = (-1.0 / 8 + x * (1.0 / 192 + x * (-1.0 / 640 + x * (17.0 / 14336 - x * 31.0 / 18432)))) / a;
  return factor * sqrt(a) * exp(series);
}

double hw_stats_hedges(double df) { return df > 1 ? gamma_ratio((df - 1) / 2) / sqrt(df / 2) : (double)NAN; }

/* P(0 < T < t) / (t density(t)): the series of the incomplete beta function, whose terms are all positive. For t up to about 1. */
static double centre_over_density(double t, double df) {
  double y = t * t / (df + t * t), sum = 0, term = 1;
  for (int n = 0; term > 1e-17 * sum; n++) {
    sum += term;
    term *= ((df + 1) / 2 + n) / (1.5 + n) * y;
  }
  return sum;
}

/* P(T > t) / (t density(t)) = the integral of density(t + s) / density(t) / t over s > 0, s = exp(pi/2 sinh x) / slope, by the
 * trapezoidal rule in x (double exponential quadrature). slope: how fast the density falls. */
static double tail_over_density(double t, double df) {
  const double step = 1.0 / 16;
  double slope = (df + 1) * t / (df + t * t), sum = 0;
  for (int k = -64; k <= 64; k++) {
    double x = k * step, s = exp(PI / 2 * sinh(x)) / slope;
    sum += exp(-(df + 1) / 2 * log1p(s * (2 * t + s) / (df + t * t))) * s * cosh(x);
  }
  return sum * step * PI / 2 / t;
}

/* The density of Student's t at 0. */
static double density_at_zero(double df) { return gamma_ratio(df / 2) / sqrt(df * PI); }

/* For t >= 0. */
static double two_tails(double t, double df) {
  double u = t / sqrt(df), at_zero = density_at_zero(df);
  if (u > 1e8) return 2 * at_zero * sqrt(df) / df * exp(-df * log(u)); /* all but the last digit of 1 + 1/u^2 is 1; t * t may be infinite */
  double density = at_zero * exp(-(df + 1) / 2 * log1p(u * u));
  return t < 0.7 ? 1 - 2 * t * density * centre_over_density(t, df) : 2 * t * density * tail_over_density(t, df);
}

double hw_stats_t_two_sided(double t, double df) {
  if (!(df >= 1) || isinf(df) || isnan(t)) return (double)NAN;
  double p = two_tails(fabs(t), df);
  return p < DBL_MIN ? DBL_MIN : p;
}

/* Newton's method for log P as a function of log t. That function is concave, so it converges from every start. The start is where
 * (1 + t^2 / df)^(-df / 2) = 2 tail: exact for df = 2 and df -> infinity but for a factor. */
double hw_stats_t_quantile(double probability, double df) {
  if (!(df > 0) || !(probability >= 0 && probability <= 1)) return (double)NAN;
  double tail = probability < 0.5 ? probability : 1 - probability, centre = fabs(probability - 0.5);
  if (centre == 0) return 0;
  if (tail == 0) return copysign(INFINITY, probability - 0.5);
  double at_zero = density_at_zero(df), t = sqrt(df * expm1(-2 * log1p(-2 * centre) / df)), change = 1;
  for (int i = 0; i < 60 && fabs(change) > 1e-9; i++) {
    double density = at_zero * exp(-(df + 1) / 2 * log1p(t * t / df));
    double over = centre < 0.25 ? centre_over_density(t, df) : tail_over_density(t, df);
    change = centre < 0.25 ? log(centre / (t * density * over)) * over : log(t * density * over / tail) * over;
    t *= exp(change);
  }
  return copysign(t, probability - 0.5);
}
