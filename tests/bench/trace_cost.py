#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a full trace costs in bare forward passes (the last position unembedded): processor time a prompt of runs, the slope between N and 3 N
prompts, by that of `headwater bench` at as many threads, all cores. The two go by turns: what slows the machine for some seconds is in both.
  python3 tests/bench/trace_cost.py BINARY MODEL_DIR [CHUNKS [TIMES]]   N: as many chunks of each thread

Chunks have the size that large data sets have, and all threads have as many: with less a run splits its chunks or has threads that wait, which
a run of hours does not."""
import os
import subprocess
import sys
import tempfile

import runs

SETTINGS = ((16, "default"), (64, "default"), (128, "default"), (512, "default"), (16, "all"), (128, "all"))


def bare_forward(binary, model, threads, length):
    """ms of a prompt."""
    bench = subprocess.run([binary, "bench", "--model", model, "--threads", threads, "--tokens", str(length)], check=True, capture_output=True, text=True).stdout
    return next(float(fields[3]) for fields in map(str.split, bench.splitlines()) if fields[1:2] == ["bare"])


def main():
    binary, model = os.path.abspath(sys.argv[1]), sys.argv[2]
    chunks, times = [int(a) for a in sys.argv[3:]] + [1, 5][len(sys.argv) - 3:]
    cores, words = str(os.cpu_count()), runs.words_of(model)
    with tempfile.TemporaryDirectory() as work:
        for length, project in SETTINGS:
            count, forwards = int(cores) * chunks * runs.CHUNK // length, []
            cpu, wall, _ = runs.median_slope(binary, model, work, count, lambda path, k, length=length: runs.write_prompts(path, words, [length] * k),
                                             ["--threads", cores, "--chunk-tokens", str(runs.CHUNK), "--project", project], times,
                                             lambda length=length, forwards=forwards: forwards.append(bare_forward(binary, model, cores, length)))
            forward = sorted(forwards)[times // 2]
            print(f"{length:4} tokens, --project {project:8} {1000 * cpu:7.1f} ms of processor time a prompt, {1 / wall:6.1f} prompts/s: "
                  f"{1000 * cpu / forward:.2f} bare forward passes of {forward:.1f} ms", flush=True)


if __name__ == "__main__":
    main()
