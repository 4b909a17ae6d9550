/* SPDX-License-Identifier: Apache-2.0
 * Functions of one float64 in fixed IEEE operations (additions, multiplications, divisions, fma), so that their bits do not depend on the
 * C library, the compiler or the processor. Within 2 units in the last place of the exact value, where that is a normal number. */
#ifndef HW_BASE_REAL_H
#define HW_BASE_REAL_H

double hw_exp(double x);
double hw_exp2(double x); /* exact for integers */
double hw_log(double x);  /* x < 0: NaN */

/* x^y of x >= 0; x < 0: NaN unless y is 0. */
double hw_pow(double x, double y);

/* Sine and cosine of an angle in radians of at most 1e8 in magnitude; larger or not finite: NaN. */
void hw_sin_cos(double angle, double *sine, double *cosine);

#endif
