# SPDX-License-Identifier: Apache-2.0
"""Numbers, arrays and rankings compared within a tolerance; differences kept as lines. Every check is written so that a NaN fails."""
import math

TOL = 1e-4      # importances, absolute; logits and scores, relative to their scale


def number(value):
    """The value as a float, NaN for whatever is no number."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan


def entries(value):
    """A list of objects, whatever the file holds instead."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def place(item, *keys):
    return tuple(item.get(key) for key in keys)


class Report:
    """Failures as lines; counts of what was compared, so that an empty comparison shows."""

    def __init__(self):
        self.failures = []
        self.counts = {}
        self.largest = {}

    def count(self, what, n=1):
        self.counts[what] = self.counts.get(what, 0) + n

    def fail(self, text):
        self.failures.append(text)

    def close(self, what, name, found, wanted, tolerance):
        """|found - wanted| <= tolerance; keeps the largest difference of each kind of number."""
        error = abs(number(found) - wanted)
        self.count(what)
        if not error <= tolerance:
            self.fail(f"{name}: found {found}, want {wanted:.9g} (off by {error:.3g}, allowed {tolerance:.3g})")
        else:
            self.largest[what] = max(self.largest.get(what, 0.0), error / tolerance if tolerance else 0.0)

    def same(self, name, found, wanted):
        if found != wanted:
            self.fail(f"{name}: found {found!r}, want {wanted!r}")


def compare_arrays(report, name, found, wanted):
    """Nested lists of the same shape, every leaf within TOL; null where the golden has null."""
    if wanted is None:
        report.same(name, found, None)
    elif not isinstance(wanted, list):
        report.close("raw", name, found, wanted, TOL)
    elif not isinstance(found, list) or len(found) != len(wanted):
        report.fail(f"{name}: found {len(found) if isinstance(found, list) else found} entries, want {len(wanted)}")
    else:
        for index, (one, other) in enumerate(zip(found, wanted)):
            compare_arrays(report, f"{name}[{index}]", one, other)


def compare_ranking(report, name, found, wanted, ties, spare, label=lambda item: item["id"], value="score"):
    """The same best-first (descending) list of labels, apart from ties within `spare`.

    `wanted` is the reference list, `ties` what follows its last entry within `spare`. Each found entry must be in one
    of the two; all of `wanted` must be there but those within `spare` of its last; and at every rank the reference
    value of what was found must be within `spare` of the reference value of that rank.
    """
    known = {label(item): item[value] for item in wanted + ties}
    if len(found) != len(wanted):
        report.fail(f"{name}: found {len(found)} entries, want {len(wanted)}")
        return
    report.count("ranks", len(wanted))
    if len({label(item) for item in found}) != len(found):
        report.fail(f"{name}: an entry appears twice")
    for rank, (one, other) in enumerate(zip(found, wanted)):
        if label(one) not in known:
            report.fail(f"{name} rank {rank}: found {label(one)}, want {label(other)} ({other[value]:.9g})")
        elif not abs(known[label(one)] - other[value]) <= spare:
            report.fail(f"{name} rank {rank}: found {label(one)} (reference {known[label(one)]:.9g}), "
                        f"want {label(other)} ({other[value]:.9g})")
