#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What sharing prefixes saves: processor time a prompt, from the difference of runs over N and 3 N prompts.
  python3 tests/bench/shared_prefixes.py BINARY MODEL_DIR [N [LENGTH...]]
Few-shot prompts have 80% of their tokens in common. Answers of 3 tokens are compared with answers of one, prompts that share nothing.
The digests of a run with shared prefixes and of one without must be equal."""
import json
import os
import random
import resource
import subprocess
import sys
import tempfile


def words_of(model):
    """Words that are one token behind a space."""
    vocabulary = json.load(open(os.path.join(model, "tokenizer.json"), encoding="utf-8"))["model"]["vocab"]
    return sorted(t[1:] for t in vocabulary if t[0] == "\u0120" and len(t) > 3 and t[1:].isascii() and t[1:].isalpha() and t[1:].islower())


def write(path, words, n, length, shared, n_answer):
    source = random.Random(7)
    same = [source.choice(words) for _ in range(shared)]
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(n):
            row = {"prompt": " " + " ".join(same + [source.choice(words) for _ in range(length - shared)])}
            if n_answer:
                row["answer"] = " ".join(source.choice(words) for _ in range(n_answer))
            file.write(json.dumps(row) + "\n")


def seconds(binary, model, data, db, options):
    """Processor time of a run, and its digest."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # as many tokens a chunk as a data set of 1,000 such prompts has
    subprocess.run([binary, "run", "--model", model, "--data", data, "--db", db, "--neuron-projections", "none", "--threads", "1", "--quiet",
                    "--chunk-tokens", "1024", *options], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    digest = subprocess.run([binary, "digest", db], check=True, capture_output=True, text=True).stdout.split()[0]
    os.unlink(db)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, digest


def of_a_prompt(binary, model, work, n, write_data, options):
    data, db = os.path.join(work, "data.jsonl"), os.path.join(work, "run.db")
    write_data(data, n)
    few, _ = seconds(binary, model, data, db, options)
    write_data(data, 3 * n)
    many, digest = seconds(binary, model, data, db, options)
    return 1000 * (many - few) / (2 * n), digest


def main():
    binary, model = os.path.abspath(sys.argv[1]), sys.argv[2]
    n = int(sys.argv[3]) if len(sys.argv) > 3 else 256
    lengths = [int(a) for a in sys.argv[4:]] or [16, 128]
    words = words_of(model)
    same = True
    with tempfile.TemporaryDirectory() as work:
        for length in lengths:
            count = max(n * 16 // length, 8)
            for project in ("none", "default"):
                options = ["--project", project]

                def few_shot(path, k):
                    write(path, words, k, length, length * 4 // 5, 0)

                shared, digest = of_a_prompt(binary, model, work, count, few_shot, options)
                apart, other = of_a_prompt(binary, model, work, count, few_shot, options + ["--share-prefixes", "no"])
                same = same and digest == other
                print(f"{length:4} tokens, 80% shared, --project {project:8} {shared:7.1f} ms a prompt, apart {apart:7.1f}: {apart / shared:.2f} times", flush=True)
            one, _ = of_a_prompt(binary, model, work, count, lambda path, k: write(path, words, k, length, 0, 1), [])
            three, _ = of_a_prompt(binary, model, work, count, lambda path, k: write(path, words, k, length, 0, 3), [])
            print(f"{length:4} tokens, answers of 3 tokens    {three:7.1f} ms a prompt, of 1 {one:7.1f}: {three / one:.2f} times", flush=True)
    if not same:
        sys.exit("FAILED: the digests with and without shared prefixes differ")


if __name__ == "__main__":
    main()
