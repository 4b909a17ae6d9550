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
themselves: what is not 1 there is noise. Random models have small margins, and where a prompt has no numbers nothing is computed: the prompts are
those of a larger set that have some, as a run found before."""
import argparse
import json
import os
import random
import sqlite3
import subprocess
import tempfile

import runs

CHUNK = 1024


def pairs(words, length, place):
    """Prompts and counterfactuals without end."""
    source = random.Random(7)
    while True:
        prompt = [source.choice(words) for _ in range(length)]
        other = prompt[:place] + [source.choice(words)] + prompt[place + 1:]
        answer, foil = source.sample(words, 2)
        yield {"prompt": " " + " ".join(prompt), "counterfactual": " " + " ".join(other), "answer": answer, "foil": foil}


def write(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")


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


def with_numbers(given, source, n, work, options):
    """The first n pairs whose relevances have numbers, and how many were tried."""
    kept, tried, data, db = [], 0, os.path.join(work, "tried.jsonl"), os.path.join(work, "tried.db")
    while len(kept) < n:
        rows = [next(source) for _ in range(n)]
        write(data, rows)
        subprocess.run([given.binary, "run", "--model", given.model, "--data", data, "--db", db, "--neuron-projections", "none", "--quiet", *options], check=True)
        with sqlite3.connect(db) as connection:
            kept += [rows[i] for i, in connection.execute("SELECT prompt_id FROM relevance WHERE reason IS NULL ORDER BY prompt_id")]
        os.unlink(db)
        tried += n
    return kept[:n], tried


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
                usual = ["--threads", "1", "--chunk-tokens", str(CHUNK), *(["--counterfactual"] if mode == "contrast" else [])]
                related = [*usual, "--relevance", mode]
                rows, tried = with_numbers(given, pairs(words, length, place), given.chunks * a_chunk, work, related)
                for n, path in data.items():
                    write(path, rows[:n * a_chunk])
                beside = usual if given.same else related
                seconds = []  # of a repetition: a prompt without, a prompt with
                for time in range(given.times):
                    order = [(n, i) for n in data for i in (0, 1)]
                    took = {case: runs.Run(given.binary, given.model, data[case[0]], db, (usual, beside)[case[1]]).user for case in (order[::-1] if time % 2 else order)}
                    seconds.append([(took[given.chunks, i] - took[1, i]) / ((given.chunks - 1) * a_chunk) for i in (0, 1)])
                without, with_it = (sum(pair[i] for pair in seconds) / given.times for i in (0, 1))
                ratios = sorted(b / a for a, b in seconds)
                print(f"{length:3} tokens{f', differs at {place}' if mode == 'contrast' else ''}: {1000 * without:.1f} ms a prompt without, {1000 * with_it:.1f} "
                      f"{'again' if given.same else 'with ' + mode}: {with_it / without:.3f} times ({ratios[0]:.3f} to {ratios[-1]:.3f} in {given.times} repetitions"
                      f"{'' if given.same else f', goal {goal}'}); {tried} prompts tried for {len(rows)} with numbers", flush=True)


if __name__ == "__main__":
    main()
