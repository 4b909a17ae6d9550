#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What --precision bf16 changes: runs a data set in both precisions and compares predictions, importances and edges.

    python3 tests/bench/precision.py PROGRAM MODEL_DIR DATA [more options of run]

Prints one row of the table in README.md.
"""
import csv
import io
import os
import subprocess
import sys
import tempfile


def rows(program, db, statement):
    text = subprocess.run([program, "sql", db, statement, "--format", "csv"], check=True, capture_output=True, text=True).stdout
    return list(csv.reader(io.StringIO(text)))[1:]


def read(program, db):
    """Predictions by graph; importances of edges by graph and edge; of heads by layer and head over the data set."""
    predictions = {key: (token, float(probability)) for key, token, probability in
                   rows(program, db, "SELECT graph_id, predicted_id, predicted_probability FROM graph_info")}
    edges = {tuple(key): float(value) for *key, value in
             rows(program, db, "SELECT g.graph_id, e.kind, e.layer, e.head, e.source, e.target, e.importance FROM graph g, hw_edges(g.edges) e")}
    heads = {tuple(key): float(value) for *key, value in rows(program, db, "SELECT layer, head, mean FROM head_importance")}
    return predictions, edges, heads


def main():
    program, model, data, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as work:
        results = []
        for precision in ("f32", "bf16"):
            db = os.path.join(work, precision + ".db")
            subprocess.run([program, "run", "--model", model, "--data", data, "--db", db, "--precision", precision, "--quiet", "--floor", "0.04",
                            "--project", "none", "--neuron-projections", "none", *options], check=True)
            results.append(read(program, db))
    (exact, exact_edges, exact_heads), (found, found_edges, found_heads) = results
    assert exact.keys() == found.keys()
    same = sum(exact[key][0] == found[key][0] for key in exact) / len(exact)
    probabilities = sorted(abs(exact[key][1] - found[key][1]) for key in exact if exact[key][0] == found[key][0])
    common = exact_edges.keys() & found_edges.keys()
    kept = len(common) / len(exact_edges.keys() | found_edges.keys())
    importances = sorted(abs(exact_edges[key] - found_edges[key]) for key in common)
    heads = max(abs(exact_heads[key] - found_heads[key]) for key in exact_heads)
    middle, high = len(importances) // 2, len(importances) * 99 // 100
    print(f"| {os.path.basename(model)}, {os.path.basename(data)} | {len(exact)} | {100 * same:.2f}% | {sum(probabilities) / len(probabilities):.5f}, "
          f"{probabilities[-1]:.5f} | {100 * kept:.2f}% | {importances[middle]:.5f}, {importances[high]:.5f}, {importances[-1]:.5f} | {heads:.6f} |")


if __name__ == "__main__":
    main()
