#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How faithful the graphs of the embedded models are: routes, answer and contrast relevances at several thresholds, by edge, with the
counterfactual for the rest, over prompts of each embedded set. A row: attention + FFN parts, F with its 95% interval, the share of prompts
within 20% of |m - none| of the margin, the share whose answer is lost, of those with m > 0. First all sets of a model together, then each.
  python3 tests/certify/faithfulness.py BINARY [N [FOLDER]]      N prompts of each set, 1000; FOLDER keeps the databases, and goes on with them"""
import math
import os
import sqlite3
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODELS = ("headwater-gpt2", "headwater-llama")
SETS = ("ioi", "agreement", "pronoun", "induction", "greater_than")
GRAPHS = (("routes", 0.04), ("routes", 0.01), ("answer", 0.04), ("answer", 0.01), ("contrast", 0.04), ("contrast", 0.01), ("contrast", 0.003))


def t975(n):
    """For many prompts: the expansion of the quantile."""
    return 1.959963984540054 + 2.3722712302985628 / (n - 1) + 2.82 / (n - 1) ** 2


def measure(rows):
    n, whole = len(rows), sum(m - none for m, none, *_ in rows)
    kept = sum(kept - none for m, none, kept, *_ in rows) / whole
    rest = sum((k - none - kept * (m - none)) ** 2 for m, none, k, *_ in rows)
    half = t975(n) * math.sqrt(n / (n - 1) * rest) / abs(whole)
    within = sum(abs(k - m) <= 0.2 * abs(m - none) for m, none, k, *_ in rows) / n
    lost = sum(k <= 0 < m for m, _, k, *_ in rows) / sum(m > 0 for m, *_ in rows)
    random = sum(r - none for m, none, _, _, _, r in rows) / whole
    return f"{sum(r[3] for r in rows) / n:.0f}+{sum(r[4] for r in rows) / n:.0f}, {kept:.3f} ({kept - half:.3f} to {kept + half:.3f}), {within:.3f}, {lost:.3f}; random {random:.3f}"


def main():
    binary = os.path.abspath(sys.argv[1])
    n = sys.argv[2] if len(sys.argv) > 2 else "1000"
    with tempfile.TemporaryDirectory() as temporary:
        folder = sys.argv[3] if len(sys.argv) > 3 else temporary
        for name in MODELS:
            model, found, without = os.path.join(ROOT, "datasets/models", name), {graph: {} for graph in GRAPHS}, 0
            for data in SETS:
                db = os.path.join(folder, f"{name}-{data}.db")
                if subprocess.run([binary, "run", "--model", model, "--data", os.path.join(ROOT, "datasets", data + ".csv"), "--db", db, "--limit", n, "--counterfactual", "--threshold", "0.04", "--floor", "0.01",
                                   "--project", "none", "--neuron-projections", "none", "--quiet"], check=False).returncode not in (0, 3):
                    raise SystemExit(f"{name}, {data}: the run failed")
                for graph, threshold in GRAPHS:
                    subprocess.run([binary, "certify", db, "--model", model, "--graph", graph, "--threshold", str(threshold), "--quiet"], check=True, stderr=subprocess.DEVNULL)
                with sqlite3.connect(db) as connection:
                    for graph in GRAPHS:
                        rows = connection.execute("SELECT m, none, kept, n_attention, n_ffn, random_kept, reason FROM certificate JOIN certificate_run USING(certificate_id) WHERE (graph, threshold) = (?, ?)", graph).fetchall()
                        found[graph][data] = [row[:6] for row in rows if row[6] is None]
                        without += graph == GRAPHS[-1] and sum(row[6] is not None for row in rows)
            print(f"{name}: edges, F (95%), within, lost; {without} prompts without numbers", flush=True)
            for graph in GRAPHS:
                print(f"  {graph[0]:8} at {graph[1]:5}  {measure(sum(found[graph].values(), []))}")
                for data in SETS:
                    print(f"    {data:14}      {measure(found[graph][data])}", flush=True)


if __name__ == "__main__":
    main()
