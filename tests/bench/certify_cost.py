#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a certificate costs in forward passes of its prompt, from the stages of one call of `headwater certify --profile` on one thread: seconds
of ablation by half of the seconds of forward passes, which are those of the prompt and of its counterfactual with as many tokens.
  python3 tests/bench/certify_cost.py BINARY MODEL_DIR [N [TOKENS,... [TIMES]]]     N: prompts of 16 tokens; longer ones in proportion

Both clocks run in the same process, a chunk's ablations behind its forward passes, so a processor that is slower for a while is so for both. All
settings are called one after the other, TIMES times over; the ratio is that of the sums, and the range of the calls stands beside it."""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import runs

SETTINGS = (("routes", "edge", "counterfactual", 0), ("contrast", "edge", "counterfactual", 0), ("contrast", "node", "counterfactual", 0), ("contrast", "edge", "zero", 0),
            ("contrast", "node", "mean", 0), ("contrast", "edge", "counterfactual", 1))


def write_pairs(path, words, length, n):
    """Prompts with counterfactuals that differ in one word in the middle; an answer and a foil."""
    random.seed(1)
    with open(path, "w", encoding="utf-8") as file:
        file.write("prompt,counterfactual,answer,foil\n")
        for _ in range(n):
            prompt = [random.choice(words) for _ in range(length)]
            other = list(prompt)
            while other[length // 2] == prompt[length // 2]:
                other[length // 2] = random.choice(words)
            answer, foil = random.sample(words, 2)
            file.write(f"{' '.join(prompt)},{' '.join(other)},{answer},{foil}\n")


def main():
    binary, model = os.path.abspath(sys.argv[1]), sys.argv[2]
    n = int(sys.argv[3]) if len(sys.argv) > 3 else 64
    times = int(sys.argv[5]) if len(sys.argv) > 5 else 3
    lengths = [int(t) for t in (sys.argv[4] if len(sys.argv) > 4 else "16,64").split(",")]
    words = runs.words_of(model)
    with tempfile.TemporaryDirectory() as work:
        for length in lengths:
            data, db = os.path.join(work, "pairs.csv"), os.path.join(work, f"{length}.db")
            write_pairs(data, words, length, max(8, n * 16 // length))
            subprocess.run([binary, "run", "--model", model, "--data", data, "--db", db, "--counterfactual", "--project", "none", "--neuron-projections", "none", "--threshold", "0.04",
                            "--quiet"], check=True)
            prompts = max(8, n * 16 // length)
            took = {setting: [] for setting in SETTINGS}  # seconds of a forward pass of all prompts, and of ablations
            for graph, unit, baseline, n_random in SETTINGS * times:
                copy = os.path.join(work, "copy.db")  # in one database the second call would find its certificates stored
                shutil.copyfile(db, copy)
                told = subprocess.run([binary, "certify", copy, "--model", model, "--graph", graph, "--unit", unit, "--baseline", baseline, "--random", str(n_random), "--threshold", "0.04",
                                       "--threads", "1", "--profile", "--quiet"], check=True, capture_output=True, text=True).stderr
                seconds = {name: float(value) for name, value in re.findall(r"^  (\w.*?) +([0-9.]+) s$", told, re.M)}
                took[graph, unit, baseline, n_random].append((seconds["forward passes"] / 2, seconds["ablations"]))
            for (graph, unit, baseline, n_random), calls in took.items():
                forward, ablations = (sum(call[i] for call in calls) for i in (0, 1))
                passes = ""
                if baseline != "mean":  # its forward passes are those of the mean too
                    ratios = sorted(b / a for a, b in calls)
                    passes = f": {ablations / forward:.2f} forward passes of {1000 * forward / times / prompts:.2f} ms ({ratios[0]:.2f} to {ratios[-1]:.2f} in {times} calls)"
                print(f"{length:4} tokens, {graph} by {unit}, {baseline}, {n_random} random: {1000 * ablations / times / prompts:.2f} ms of ablation a prompt{passes}", flush=True)


if __name__ == "__main__":
    main()
