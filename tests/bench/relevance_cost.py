#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What relevances cost: processor time a prompt with and without them, on one thread.
  python3 tests/bench/relevance_cost.py BINARY MODEL_DIR [--lengths 16,64] [--modes answer,contrast] [--chunks 4] [--times 5] [--same]

Contrast against a run with --counterfactual (goal 1.5), answer against a plain run (goal 1.6). A counterfactual differs in one word: the second
(nearly all positions have a backward pass), and one at two thirds, where the embedded data sets have it.

A repetition has four runs: over one chunk of 1,024 tokens and over --chunks of them, each without and with relevances. What is counted is processor
time of the program itself (user), not the clock, as other processes take turns with this one, nor the system's time, most of which goes to fresh
memory at the start: it was 0.3 to 1.6 seconds in equal runs. The difference between many chunks and
one leaves out what is done once: opening and packing a model. Whole chunks, because weights are turned once for the rows of a chunk. The runs
of a repetition follow one another at once, and every second repetition has them in the opposite order: a processor that becomes slower takes that
from both. The ratio is that of the sums of all repetitions; their range stands beside it. --same compares runs without relevances with
themselves: what is not 1 there is noise. Random models have small margins: how many prompts had numbers is printed, for the others nothing is
computed."""
import argparse
import json
import os
import random
import sqlite3
import subprocess
import tempfile

import runs

CHUNK = 1024


def write_pairs(path, words, length, n, place):
    source = random.Random(7)
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(n):
            prompt = [source.choice(words) for _ in range(length)]
            other = prompt[:place] + [source.choice(words)] + prompt[place + 1:]
            answer, foil = source.sample(words, 2)
            file.write(json.dumps({"prompt": " " + " ".join(prompt), "counterfactual": " " + " ".join(other), "answer": answer, "foil": foil}) + "\n")


def settings():
    parser = argparse.ArgumentParser(description="What relevances cost.")
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("model")
    parser.add_argument("--lengths", default="16,64", help="tokens of a prompt")
    parser.add_argument("--modes", default="answer,contrast")
    parser.add_argument("--chunks", type=int, default=4, help="chunks of the long runs")
    parser.add_argument("--times", type=int, default=5, help="repetitions")
    parser.add_argument("--same", action="store_true", help="compare runs without relevances with themselves")
    return parser.parse_args()


def numbers(given, data, db, options):
    """Prompts that a run finds relevances of."""
    subprocess.run([given.binary, "run", "--model", given.model, "--data", data, "--db", db, "--neuron-projections", "none", "--quiet", *options], check=True)
    with sqlite3.connect(db) as connection:
        found, = connection.execute("SELECT count(*) FROM relevance WHERE reason IS NULL").fetchone()
    os.unlink(db)
    return found


def main():
    given = settings()
    words = runs.words_of(given.model)
    with tempfile.TemporaryDirectory() as work:
        db = os.path.join(work, "run.db")
        for length in (int(t) for t in given.lengths.split(",")):
            a_chunk = CHUNK // length
            cases = [(mode, goal, place) for mode, goal, place in (("answer", 1.6, 1), ("contrast", 1.5, 1), ("contrast", 1.5, length * 2 // 3)) if mode in given.modes.split(",")]
            for mode, goal, place in cases:
                data = {n: os.path.join(work, f"{n}.jsonl") for n in (1, given.chunks)}
                for n, path in data.items():
                    write_pairs(path, words, length, n * a_chunk, place)
                usual = ["--threads", "1", "--chunk-tokens", str(CHUNK), *(["--counterfactual"] if mode == "contrast" else [])]
                beside = usual if given.same else [*usual, "--relevance", mode]
                seconds = []  # of a repetition: a prompt without, a prompt with
                for time in range(given.times):
                    order = [(n, i) for n in data for i in (0, 1)]
                    took = {case: runs.Run(given.binary, given.model, data[case[0]], db, (usual, beside)[case[1]]).user for case in (order[::-1] if time % 2 else order)}
                    seconds.append([(took[given.chunks, i] - took[1, i]) / ((given.chunks - 1) * a_chunk) for i in (0, 1)])
                without, with_it = (sum(pair[i] for pair in seconds) / given.times for i in (0, 1))
                ratios = sorted(b / a for a, b in seconds)
                found = "" if given.same else f", {numbers(given, data[1], db, beside)} of {a_chunk} prompts have numbers"
                print(f"{length:3} tokens{f', differs at {place}' if mode == 'contrast' else ''}: {1000 * without:.1f} ms a prompt without, {1000 * with_it:.1f} "
                      f"{'again' if given.same else 'with ' + mode}: {with_it / without:.3f} times ({ratios[0]:.3f} to {ratios[-1]:.3f} in {given.times} repetitions"
                      f"{'' if given.same else f', goal {goal}'}){found}", flush=True)


if __name__ == "__main__":
    main()
