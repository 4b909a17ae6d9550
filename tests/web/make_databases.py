#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes small databases of random models for the tests of the page: 15, 64 and 200 tokens by 4, 12 and 32 layers, and parallel blocks.

    python3 tests/web/make_databases.py HEADWATER OUT_DIR [--prompts 2] [--only NAME...]

Writes OUT_DIR/small.db, middle.db, deep.db, parallel.db, or those of --only. Needs numpy.
"""
import argparse
import csv
import json
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATASETS = os.path.join(HERE, "..", "..", "datasets")
GAIN = "5"  # so that graphs have many edges at the usual thresholds
VOCAB = 1875  # of the tokenizer that make_model.py copies

# name: family, layers, d_model, heads, words of a prompt (a word is 1.1 tokens)
DATABASES = {
    "small": ("gpt2", 4, 64, 8, 14),
    "middle": ("gpt2", 12, 96, 12, 58),
    "deep": ("gpt2", 32, 64, 8, 180),
    "parallel": ("gpt_neox", 8, 64, 8, 40),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("headwater")
    parser.add_argument("out")
    parser.add_argument("--prompts", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=DATABASES, default=list(DATABASES))
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    rows = []
    for name in ("ioi", "agreement", "pronoun", "greater_than"):
        with open(os.path.join(DATASETS, f"{name}.csv"), encoding="utf-8") as file:
            rows += [row["prompt"] + "." for row in csv.DictReader(file)]
    generator = random.Random(1)
    for name in options.only:
        family, layers, d_model, heads, words = DATABASES[name]
        model, data, database = (os.path.join(options.out, name + end) for end in ("", ".jsonl", ".db"))
        subprocess.run([sys.executable, os.path.join(HERE, "..", "bench", "make_model.py"), model, "--family", family, "--layers", str(layers),
                        "--d-model", str(d_model), "--heads", str(heads), "--vocab", str(VOCAB), "--gain", GAIN], check=True)
        with open(data, "w", encoding="utf-8") as file:
            for _ in range(options.prompts):
                text = []
                while len(text) < words:
                    text += generator.choice(rows).split()
                file.write(json.dumps({"prompt": " ".join(text[:words])}) + "\n")
        if os.path.exists(database):
            os.remove(database)
        subprocess.run([options.headwater, "run", "--model", model, "--data", data, "--db", database, "--threshold", "0.01", "--floor",
                        "0.001", "--quiet"], check=True)


if __name__ == "__main__":
    main()
