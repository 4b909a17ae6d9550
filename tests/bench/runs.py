# SPDX-License-Identifier: Apache-2.0
"""Runs that are measured: prompts of words that are one token each, and what a run over them takes."""
import json
import os
import random
import resource
import subprocess
import time

CHUNK = 2048  # tokens of a chunk of a large data set


def words_of(model):
    """Words that are one token behind a space."""
    with open(os.path.join(model, "tokenizer.json"), encoding="utf-8") as file:
        vocabulary = json.load(file)["model"]["vocab"]
    return sorted(t[1:] for t in vocabulary if t[0] == "\u0120" and len(t) > 3 and t[1:].isascii() and t[1:].isalpha() and t[1:].islower())


def write_prompts(path, words, lengths, n_shared=0, n_answer=0):
    """A prompt of each length; the first n_shared words of all are the same, and answers have n_answer words."""
    source = random.Random(7)
    same = [source.choice(words) for _ in range(n_shared)]
    with open(path, "w", encoding="utf-8") as file:
        for length in lengths:
            row = {"prompt": " " + " ".join(same + [source.choice(words) for _ in range(length - n_shared)])}
            if n_answer:
                row["answer"] = " ".join(source.choice(words) for _ in range(n_answer))
            file.write(json.dumps(row) + "\n")


class Run:
    """What a run took: cpu (of it user) and wall in seconds, the peak of its resident memory in MiB, its digest where it is asked for."""

    def __init__(self, binary, model, data, db, options, digest=False):
        start = time.monotonic()
        with open(os.devnull, "w") as nowhere:
            process = subprocess.Popen([binary, "run", "--model", model, "--data", data, "--db", db, "--neuron-projections", "none", "--quiet", *options],
                                       stdout=nowhere)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"headwater run {' '.join(options)}: exit {process.returncode}")
        self.wall, self.user, self.cpu, self.mib = time.monotonic() - start, usage.ru_utime, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        self.digest = subprocess.run([binary, "digest", db], check=True, capture_output=True, text=True).stdout.split()[0] if digest else None
        os.unlink(db)


def median_slope(binary, model, work, n, write, options, times=1, beside=None):
    """Seconds a prompt, processor and wall, from runs over n and 3 n prompts: medians. write(path, n) writes the data set. And the last run.
    beside(): called once before each two of these runs, to measure something by turns with them."""
    data, db, few, many = os.path.join(work, "data.jsonl"), os.path.join(work, "run.db"), [], []
    for _ in range(times):
        if beside:
            beside()
        write(data, n)
        few.append(Run(binary, model, data, db, options))
        write(data, 3 * n)
        many.append(Run(binary, model, data, db, options, digest=True))

    def middle(runs, what):
        return sorted(getattr(run, what) for run in runs)[len(runs) // 2]

    return *((middle(many, what) - middle(few, what)) / (2 * n) for what in ("cpu", "wall")), many[-1]
