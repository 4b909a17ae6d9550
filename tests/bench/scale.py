#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many prompts, many threads, little memory.
  python3 tests/bench/scale.py prompts BINARY MODEL_DIR [PROMPTS]   PROMPTS (64,000) against a sixteenth of them: time, memory
  python3 tests/bench/scale.py memory BINARY MODEL_DIR [PROMPTS]    peak of memory against what a dry run announces, for several --memory
  python3 tests/bench/scale.py threads BINARY MODEL_DIR [CHUNKS]    all cores against one, at 16 and 128 tokens, slopes between CHUNKS (1) of each
                                                                    thread and three times as many, and in the trace of one prompt
Peaks are of resident memory: with the pages of mapped files that the run has touched."""
import os
import re
import subprocess
import sys
import tempfile
import time

import runs

TIMES = 3
TRACES = 5


def prompts(binary, model, work, n):
    words, data, db = runs.words_of(model), os.path.join(work, "data.jsonl"), os.path.join(work, "run.db")
    sizes = (64, n // 16, n)
    of_size = {k: [] for k in sizes}
    for _ in range(TIMES):
        for k in sizes:
            runs.write_prompts(data, words, [16] * k)
            of_size[k].append(runs.Run(binary, model, data, db, ["--chunk-tokens", str(runs.CHUNK)]))
    start, few, many = (sorted(run.cpu for run in of_size[k])[TIMES // 2] for k in sizes)
    each = [1000 * (t - start) / (k - sizes[0]) for t, k in ((few, sizes[1]), (many, sizes[2]))]
    print(f"{sizes[2]} prompts: {many:.1f} s of processor time, {each[1]:.3f} ms a prompt; {sizes[1]}: {each[0]:.3f} ms a prompt ({start:.2f} s of start "
          f"taken off): {each[1] / each[0]:.3f} times; peak of memory {max(r.mib for r in of_size[n]):.0f} and {max(r.mib for r in of_size[sizes[1]]):.0f} MiB")


def memory(binary, model, work, n):
    words, data, db = runs.words_of(model), os.path.join(work, "data.jsonl"), os.path.join(work, "run.db")
    for length in (16, 128, 512):
        runs.write_prompts(data, words, [length] * max(4, n * 16 // length))
        for cap in (0, 4000, 1000, 400, 200):
            options = ["--threads", str(os.cpu_count()), *(["--memory", str(cap)] if cap else [])]
            dry = subprocess.run([binary, "run", "--model", model, "--data", data, "--neuron-projections", "none", "--dry-run", *options], capture_output=True, text=True)
            line = next((line for line in dry.stdout.splitlines() if line.startswith("memory")), None)
            if not line:
                print(f"{length:4} tokens, --memory {cap or 'not given':>9}: refused")
                continue
            weights, count, worker, *more = (int(x) for x in re.findall(r"(\d+)(?= MiB| x)", line))
            beside = count * worker + sum(more)
            run = runs.Run(binary, model, data, db, options)
            print(f"{length:4} tokens, --memory {cap or 'not given':>9}: peak {run.mib:6.0f} MiB; announced {weights:4} of weights + {beside:5} beside: "
                  f"{'within' if run.mib <= weights + beside else 'BEYOND'}", flush=True)


def threads(binary, model, work, n):
    words, cores = runs.words_of(model), os.cpu_count()

    def seconds(length, t, k):
        data, db = os.path.join(work, "data.jsonl"), os.path.join(work, "run.db")
        runs.write_prompts(data, words, [length] * k)
        return runs.Run(binary, model, data, db, ["--threads", str(t), "--chunk-tokens", str(runs.CHUNK)]).wall

    def slope(length, t):
        few = t * n * runs.CHUNK // length
        return (seconds(length, t, 3 * few) - seconds(length, t, few)) / (2 * few)

    # one thread and all of them by turns, here and below: what slows the machine for some seconds is in both
    for length in (16, 128):
        wall = list(zip(*([slope(length, t) for t in (1, cores)] for _ in range(TIMES))))
        one, all_cores = (1000 * sorted(each)[TIMES // 2] for each in wall)
        print(f"{length:4} tokens: {one:7.1f} ms a prompt by one thread, {all_cores:7.1f} by {cores}: {one / all_cores:.2f} times", flush=True)

    def trace(count, t):
        prompt, start = " " + " ".join(words[i % len(words)] for i in range(count)), time.monotonic()
        subprocess.run([binary, "trace", "--model", model, "--prompt", prompt, "--threads", str(t)], check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - start

    wall = list(zip(*([trace(1000, t) - trace(1, t) for t in (1, cores)] for _ in range(TRACES))))
    one, all_cores = (sorted(each)[TRACES // 2] for each in wall)
    print(f"trace of 1000 tokens less one of 1 token: {one:.2f} s by one thread, {all_cores:.2f} s by {cores}: {one / all_cores:.2f} times")


def main():
    what, binary, model = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[3]
    given = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    with tempfile.TemporaryDirectory() as work:
        {"prompts": lambda: prompts(binary, model, work, given or 64000), "memory": lambda: memory(binary, model, work, given or 64),
         "threads": lambda: threads(binary, model, work, given or 1)}[what]()


if __name__ == "__main__":
    main()
