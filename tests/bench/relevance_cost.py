#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What relevances cost: processor time a prompt with and without them, from the difference of runs over N and 3 N prompts, on one thread.
  python3 tests/bench/relevance_cost.py BINARY MODEL_DIR [N [LENGTH...]]
Contrast against a run with --counterfactual (goal 1.5), answer against a plain run (goal 1.6). A counterfactual differs in one word: the second
(nearly all positions have a backward pass), and one at two thirds, where the embedded data sets have it. Random models have small
margins: how many prompts had numbers is printed, for the others nothing is computed."""
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile

import runs


def write_pairs(path, words, length, n, place):
    source = random.Random(7)
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(n):
            prompt = [source.choice(words) for _ in range(length)]
            other = prompt[:place] + [source.choice(words)] + prompt[place + 1:]
            answer, foil = source.sample(words, 2)
            file.write(json.dumps({"prompt": " " + " ".join(prompt), "counterfactual": " " + " ".join(other), "answer": answer, "foil": foil}) + "\n")


def main():
    binary, model = os.path.abspath(sys.argv[1]), sys.argv[2]
    n, *lengths = [int(a) for a in sys.argv[3:]] or [24]
    words = runs.words_of(model)
    with tempfile.TemporaryDirectory() as work:
        for length in lengths or [16, 64]:
            for mode, goal, place in (("answer", 1.6, 1), ("contrast", 1.5, 1), ("contrast", 1.5, length * 2 // 3)):
                def write(path, k):
                    write_pairs(path, words, length, k, place)

                usual = ["--threads", "1", "--chunk-tokens", "1024", *(["--counterfactual"] if mode == "contrast" else [])]
                few = max(n * 16 // length, 6)
                without = runs.median_slope(binary, model, work, few, write, usual)[0]
                beside = runs.median_slope(binary, model, work, few, write, [*usual, "--relevance", mode])[0]
                data, db = os.path.join(work, "data.jsonl"), os.path.join(work, "kept.db")
                write(data, few)
                subprocess.run([binary, "run", "--model", model, "--data", data, "--db", db, "--neuron-projections", "none", "--quiet", *usual, "--relevance", mode], check=True)
                with sqlite3.connect(db) as connection:
                    found, = connection.execute("SELECT count(*) FROM relevance WHERE reason IS NULL").fetchone()
                os.unlink(db)
                where = f", differs at {place:2}" if mode == "contrast" else ""
                print(f"{length:3} tokens{where}: {1000 * without:6.1f} ms without, {1000 * beside:6.1f} with {mode}: {beside / without:.2f} times (goal {goal}), "
                      f"{found} of {few} prompts have numbers", flush=True)


if __name__ == "__main__":
    main()
