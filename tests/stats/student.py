# SPDX-License-Identifier: Apache-2.0
"""Writes tests/stats/student.h: quantiles and two-sided tails of Student's t, and Hedges' J, in 50 digits, rounded to double (python3-mpmath; by hand):

    python3 tests/stats/student.py >tests/stats/student.h

The probabilities and degrees of freedom are doubles, written in hexadecimal. The quantile is the root of the incomplete beta function
in mpmath's arithmetic, J a quotient of its gamma functions."""
from mpmath import beta, betainc, expm1, findroot, log, loggamma, exp, mp, mpf, sqrt

mp.dps = 50
DF = [1, 1.5, 2, 2.75, 3, 4, 5.5, 7, 10, 15.3, 20, 31, 47, 64.2, 100, 316.7, 1000, 12345.6, 1e5, 8e5, 1e7]
PROBABILITIES = [0.5 + 1e-9, 0.5001, 0.55, 0.6, 0.7, 0.7499, 0.75, 0.7501, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9999,
                 1 - 1e-6, 1 - 1e-9, 1 - 1e-12]

TAIL_DF = [1, 2, 7.5, 15, 63, 999, 1e5]
TAIL_T = [1e-9, 0.6999, 0.7, 2.5, 9, 31, 125, 1e9, 1e170]


def log_tail(t, df):
    """log P(T > t); in the far tail of many degrees of freedom 1 - P would lose digits, so 40 digits more."""
    with mp.workdps(90):
        return log(betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2)


def quantile(probability, df):
    p, df = mpf(probability), mpf(df)
    start = sqrt(df * expm1(-2 * log(2 * (1 - p)) / df))
    if p < 0.51:
        start = (p - mpf(1) / 2) * sqrt(df) * beta(df / 2, mpf(1) / 2)
    u = findroot(lambda u: log_tail(exp(u), df) - log(1 - p), (log(start), log(start) - mpf(1) / 100), tol=1e-60, maxsteps=80)
    return exp(u)


def two_sided(t, df):
    """P(|T| > t)."""
    with mp.workdps(90):
        return betainc(mpf(df) / 2, mpf(1) / 2, 0, mpf(df) / (mpf(df) + mpf(t) ** 2), regularized=True)


def hedges(df):
    df = mpf(df)
    return exp(loggamma(df / 2) - loggamma((df - 1) / 2)) / sqrt(df / 2)


print("/* SPDX-License-Identifier: Apache-2.0\n * Written by tests/stats/student.py. */")
print("static const struct { double probability, df, t; } student_quantiles[] = {")
for df in DF:
    for p in PROBABILITIES:
        print(f"  {{{p.hex()}, {float(df).hex()}, {float(quantile(p, df))!r}}}, /* {p!r}, {df!r} */", flush=True)
print("};\nstatic const struct { double t, df, p; } student_tails[] = {")
for df in TAIL_DF:
    for t in TAIL_T:
        if mpf(df) / 2 * log(1 + mpf(t) ** 2 / df) < 680:  # below 1e-300 doubles lose digits
            p = two_sided(t, df)
            print(f"  {{{float(t).hex()}, {float(df).hex()}, {float(p)!r}}}, /* {t!r}, {df!r} */", flush=True)
print("};\nstatic const struct { double df, j; } hedges_values[] = {")
for df in DF[1:]:
    print(f"  {{{float(df).hex()}, {float(hedges(df))!r}}}, /* {df!r} */")
print("};")
