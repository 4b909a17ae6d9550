# SPDX-License-Identifier: Apache-2.0
"""Writes tests/stats/arrangements.h: small samples, and the exact p of each component by going through all arrangements (numpy; by hand):

    python3 tests/stats/arrangements.py >tests/stats/arrangements.h

Sides are sets of itertools.combinations, signs those of itertools.product; each statistic is worked out from the rearranged samples as
include/headwater/stats.h defines it. Values are integers, so ties are ties."""
from itertools import combinations, product

import numpy as np

COMPONENTS = 4


def exchanged_labels(x, n_a):
    """The differences of means for all choices of n_a units."""
    for chosen in combinations(range(len(x)), n_a):
        on_a = np.isin(np.arange(len(x)), chosen)
        yield x[on_a].mean(0) - x[~on_a].mean(0)


def exchanged_clusters(x, of, on_a):
    """Whole clusters change sides: all choices of as many clusters as side a has."""
    names = sorted(set(of))
    n_a = len({g for g, a in zip(of, on_a) if a})
    for chosen in combinations(names, n_a):
        a = np.isin(of, chosen)
        yield x[a].mean(0) - x[~a].mean(0)


def flipped(parts):
    """The sums of all choices of signs."""
    for signs in product([1, -1], repeat=len(parts)):
        yield np.array(signs) @ parts


def differences(case):
    a, b, of_a, of_b = case["a"], case["b"], case["of_a"], case["of_b"]
    if case["paired"]:
        d = a - b
        if of_a is None:
            return flipped(d)
        return flipped(np.array([d[of_a == g].sum(0) for g in sorted(set(of_a))]))
    x = np.vstack([a, b])
    if of_a is None:
        return exchanged_labels(x, len(a))
    of = np.r_[of_a, of_b]
    if not set(of_a) & set(of_b):
        return exchanged_clusters(x, of, np.arange(len(x)) < len(a))
    m = x.mean(0)
    return flipped(np.array([(a[of_a == g] - m).sum(0) / len(a) - (b[of_b == g] - m).sum(0) / len(b) for g in sorted(set(of))]))


def observed(case):
    if case["paired"]:
        return (case["a"] - case["b"]).sum(0)
    return case["a"].mean(0) - case["b"].mean(0)


rng = np.random.default_rng(5)


def make(name, n_a, n_b, paired=False, of_a=None, of_b=None):
    """Component 0 has many zeros, 1 is far larger on side a, 2 takes few values (ties), 3 is the same everywhere."""
    sides = []
    for n, high in ((n_a, 40), (n_b, 0)):
        x = np.column_stack([rng.integers(0, 90, n) * (rng.random(n) < 0.6), rng.integers(0, 30, n) + high, rng.integers(0, 3, n), np.full(n, 7)])
        sides.append(x)
    of_a, of_b = (None if of is None else np.array(of) for of in (of_a, of_b))
    return {"name": name, "a": sides[0], "b": sides[1], "paired": paired, "of_a": of_a, "of_b": of_b}


CASES = [
    make("pairs", 7, 7, True),
    make("one pair", 1, 1, True),
    make("11 pairs", 11, 11, True),
    make("prompts", 5, 6),
    make("more prompts in a", 6, 3),
    make("as many prompts in a as in b", 4, 4),
    make("one prompt against many", 1, 19),
    make("one prompt against one", 1, 1),
    make("pairs in clusters", 9, 9, True, [3, 3, 0, 0, 0, 7, 2, 2, 5], [3, 3, 0, 0, 0, 7, 2, 2, 5]),
    make("clusters apart", 5, 7, False, [0, 0, 1, 1, 2], [3, 3, 3, 4, 5, 5, 6]),
    make("as many clusters in a as in b", 6, 5, False, [0, 0, 0, 1, 2, 2], [3, 4, 4, 5, 5]),
    make("one cluster against one", 3, 2, False, [0, 0, 0], [1, 1]),
    make("clusters on both sides", 8, 6, False, [0, 0, 1, 2, 2, 3, 4, 4], [0, 1, 1, 3, 4, 5]),
]


def same_distance(case):
    """How many arrangements are as far from 0 as the samples as they are, whatever the values: counted for values without ties."""
    values = np.random.default_rng(9)
    anything = {**case, "a": values.random(case["a"].shape), "b": values.random(case["b"].shape)}
    size = np.abs(np.array(list(differences(anything)))[:, 0])
    return int((np.abs(size - abs(observed(anything)[0])) < 1e-12).sum())


def numbers(values):
    return "{" + ", ".join(str(v) for v in np.asarray(values).ravel()) + "}"


print("/* SPDX-License-Identifier: Apache-2.0\n * Written by tests/stats/arrangements.py. */")
print(f"enum {{ ARRANGED_COMPONENTS = {COMPONENTS} }};")
print("static const struct {\n  const char *name;\n  size_t n_a, n_b;\n  bool paired;\n  double a[20 * ARRANGED_COMPONENTS], b[20 * ARRANGED_COMPONENTS];\n"
      "  bool clustered;\n  uint32_t of_a[20], of_b[20];\n  int64_t n_arrangements, least, extreme[ARRANGED_COMPONENTS]; /* p = extreme / n_arrangements */\n"
      "} arranged[] = {")
for case in CASES:
    all_differences = np.array(list(differences(case)))
    size = np.abs(all_differences)
    extreme = (size >= np.abs(observed(case)) - 1e-9).sum(0)
    least = same_distance(case)
    clustered = "true" if case["of_a"] is not None else "false"
    print(f'  {{"{case["name"]}", {len(case["a"])}, {len(case["b"])}, {str(case["paired"]).lower()},\n   {numbers(case["a"])},\n   {numbers(case["b"])},\n   '
          f'{clustered}, {numbers(case["of_a"] if case["of_a"] is not None else [0])}, {numbers(case["of_b"] if case["of_b"] is not None else [0])},\n   '
          f'{len(all_differences)}, {least}, {numbers(extreme)}}},')
print("};")
