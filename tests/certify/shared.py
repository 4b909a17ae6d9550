# SPDX-License-Identifier: Apache-2.0
"""What the tests of headwater certify share: the program, calls of it, and faults. The program is the first argument of the test."""
import os
import sqlite3
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODEL = os.path.join(ROOT, "datasets/models/headwater-gpt2")
PROMPTS = 24
faults = []
BINARY = os.path.abspath(sys.argv[1])
TABLES = ("certificate", "certificate_component", "knockout", "knockout_pair", "certificate_curve")


def check(true, what):
    if not true:
        faults.append(what)
        print("FAILED: " + what)


def near(found, wanted, what, slack=1e-6):
    check(found is not None and abs(found - wanted) <= slack * max(1.0, abs(wanted)), f"{what}: {found}, want {wanted}")


def call(*arguments, wanted=0):
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=500)
    check(done.returncode == wanted, f"{' '.join(map(str, arguments))}: exit {done.returncode}, want {wanted}: {done.stderr.strip()[-300:]}")
    return done


def run(db, data, *options, wanted=0):
    call("run", "--model", MODEL, "--data", data, "--db", db, "--threshold", 0.04, "--floor", 0.01, "--counterfactual", "--neuron-projections", "none", "--project", "none", "--quiet", *options, wanted=wanted)
    return db


def certify(db, *options):
    return call("certify", db, "--model", MODEL, "--threshold", 0.04, "--quiet", *options)


def rows(db, table, where="1"):
    with sqlite3.connect(db) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY 1, 2")]


def verdict():
    """The exit code."""
    print(f"{len(faults)} faults" if faults else "all as it should be")
    return 1 if faults else 0
