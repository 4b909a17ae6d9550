#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The coefficients of the library's own exp, tanh, erf, log, sin and cos, computed with 60 digits.

Each polynomial interpolates its function at the Chebyshev nodes of the interval, which is at most some times worse than the best
polynomial of that degree. Needs the standard library alone.

make_coefficients.py                 prints the lines that the source files hold
make_coefficients.py --check FILE... fails when a line is in none of the files
"""
import struct
import sys
from decimal import Decimal as D, getcontext

getcontext().prec = 60


def pi():  # Machin
    def arctan_inverse(n):
        total, term, k = D(0), D(1) / n, 0
        while abs(term) > D(10) ** -65:
            total += term / (2 * k + 1) * (-1) ** k
            term /= n * n
            k += 1
        return total
    return 4 * (4 * arctan_inverse(5) - arctan_inverse(239))


PI = pi()
LN2 = D(2).ln()


def series(x, first, ratio):
    """first + first ratio(1) + first ratio(1) ratio(2) + ..."""
    total, term, k = D(0), first, 0
    while abs(term) > D(10) ** -70:
        total += term
        k += 1
        term *= ratio(k)
    return total


def exp_later(r):  # (exp(r) - 1 - r) / r^2
    return series(r, D(1) / 2, lambda k: r / (k + 2))


def sin(x):
    return series(x, x, lambda k: -x * x / ((2 * k) * (2 * k + 1)))


def cos(x):
    return series(x, D(1), lambda k: -x * x / ((2 * k - 1) * (2 * k)))


def erf(x):  # all terms of one sign: 2 / sqrt(pi) exp(-x^2) x sum (2 x^2)^k / (1 3 5 ... (2k + 1))
    return 2 / PI.sqrt() * (-x * x).exp() * series(x, x, lambda k: 2 * x * x / (2 * k + 1))


def tanh(x):
    e = (2 * x).exp()
    return (e - 1) / (e + 1)


def atanh_quotient(s):  # (log((1 + s) / (1 - s)) - 2 s) / s^3
    return 2 * series(s, D(1) / 3, lambda k: s * s * (2 * k + 1) / (2 * k + 3))


def polynomial(f, low, high, degree):
    nodes = [(low + high) / 2 + (high - low) / 2 * cos(PI * (2 * i + 1) / (2 * (degree + 1))) for i in range(degree + 1)]
    newton = [f(x) for x in nodes]
    for k in range(1, degree + 1):
        for i in range(degree, k - 1, -1):
            newton[i] = (newton[i] - newton[i - 1]) / (nodes[i] - nodes[i - k])
    powers = [newton[degree]]
    for i in range(degree - 1, -1, -1):  # powers = powers (x - nodes[i]) + newton[i]
        shifted = [D(0)] + powers
        powers = [a - nodes[i] * b for a, b in zip(shifted, powers + [D(0)])]
        powers[0] += newton[i]
    return powers


def hex_of(value, bits):
    """The nearest float32 (24 bits) or float64 (53) as a C constant."""
    x = float(value)  # Decimal to double is rounded correctly
    if bits == 24:
        x = struct.unpack("f", struct.pack("f", x))[0]
    mantissa, exponent = x.hex().split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}p{exponent}" + ("f" if bits == 24 else "")


def exact_of(value, bits):
    return D(float.fromhex(hex_of(value, bits).rstrip("f")))


def head_of(value, bits):
    """The first `bits` bits of a number between 0.5 and 4, truncated: products with small integers are exact."""
    scale = D(2) ** (bits - 2)
    return D(int(value * scale)) / scale


def lines():
    def array(name, powers, bits):
        return f"{name}[] = {{" + ", ".join(hex_of(c, bits) for c in powers) + "};"  # in the source with a name of its own

    def squared(f):  # in x^2, away from 0
        return lambda z: f(z.sqrt())

    half_ln2 = LN2 / 2
    yield array("float exp_terms", polynomial(exp_later, -half_ln2, half_ln2, 4), 24)
    yield array("float tanh_terms", polynomial(squared(lambda x: (tanh(x) / x - 1) / (x * x)), D(0), D("0.4225"), 5), 24)
    yield array("float erf_terms", polynomial(squared(lambda x: erf(x) / x - 1), D(0), D(1), 7), 24)
    yield array("float log_erfc_terms", polynomial(lambda x: (1 - erf(x)).ln(), D("0.9"), D(4), 9), 24)
    ln2_head = head_of(LN2, 16)
    yield f"ln2_head = {hex_of(ln2_head, 24)}, ln2_rest = {hex_of(LN2 - ln2_head, 24)}, inverse_ln2 = {hex_of(1 / LN2, 24)};"

    yield array("double exp_terms", polynomial(exp_later, -half_ln2, half_ln2, 9), 53)
    largest_s = (D(2).sqrt() - 1) / (D(2).sqrt() + 1)
    after_first = squared(lambda s: (atanh_quotient(s) - D(2) / 3) / (s * s))
    yield array("double log_later_terms", polynomial(after_first, D(0), largest_s ** 2, 8), 53)
    two_thirds = exact_of(D(2) / 3, 53)
    yield f"two_thirds = {hex_of(two_thirds, 53)}, two_thirds_rest = {hex_of(D(2) / 3 - two_thirds, 53)};"
    quarter = (PI / 4) ** 2
    yield array("double sin_terms", polynomial(squared(lambda x: (sin(x) / x - 1) / (x * x)), D(0), quarter, 7), 53)
    yield array("double cos_terms", polynomial(squared(lambda x: (cos(x) - 1 + x * x / 2) / x ** 4), D(0), quarter, 7), 53)
    ln2_head = head_of(LN2, 42)
    yield f"#define HW_LN2_HEAD {hex_of(ln2_head, 53)}"
    yield f"#define HW_LN2_REST {hex_of(LN2 - ln2_head, 53)}"
    yield f"inverse_ln2 = {hex_of(1 / LN2, 53)};"
    ln2_near = exact_of(LN2, 53)
    yield f"ln2 = {hex_of(ln2_near, 53)}, ln2_below = {hex_of(LN2 - ln2_near, 53)};"
    parts, rest = [], PI / 2
    for i in range(3):
        scale = D(2) ** (25 + 27 * i)
        parts.append(D(int(rest * scale)) / scale)
        rest -= parts[-1]
    yield "double half_pi[] = {" + ", ".join(hex_of(p, 53) for p in parts + [rest]) + "};"
    yield f"two_over_pi = {hex_of(2 / PI, 53)};"


def main():
    if len(sys.argv) == 1:
        print("\n".join(lines()))
        return 0
    if sys.argv[1] != "--check":
        print(__doc__)
        return 2
    text = " ".join(" ".join(open(name, encoding="utf-8").read().split()) for name in sys.argv[2:])
    missing = [line for line in lines() if line.partition("[]")[2] not in text or line.partition("[]")[0] not in text and "[]" not in line]
    for line in missing:
        print(f"not in {' '.join(sys.argv[2:])}: {line}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
