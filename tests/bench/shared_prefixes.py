#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What sharing prefixes saves: processor time a prompt, from the difference of runs over N and 3 N prompts, median of TIMES.
  python3 tests/bench/shared_prefixes.py BINARY MODEL_DIR [N [TIMES [LENGTH...]]]
Few-shot prompts have 80% of their tokens in common. Answers of 3 tokens are compared with answers of one, prompts that share nothing.
The digests of a run with shared prefixes and of one without must be equal."""
import os
import sys
import tempfile

import runs


def main():
    binary, model = os.path.abspath(sys.argv[1]), sys.argv[2]
    n, times, *lengths = [int(a) for a in sys.argv[3:]] + [256, 1][len(sys.argv) - 3:]
    words = runs.words_of(model)
    same = True
    with tempfile.TemporaryDirectory() as work:

        def cost(count, length, n_shared, n_answer, *options):
            def write(path, k):
                runs.write_prompts(path, words, [length] * k, n_shared, n_answer)

            # as many tokens a chunk as a data set of 1,000 such prompts has
            cpu, _, last = runs.median_slope(binary, model, work, count, write, ["--threads", "1", "--chunk-tokens", "1024", *options], times)
            return 1000 * cpu, last.digest

        for length in lengths or [16, 128]:
            count = max(n * 16 // length, 8)
            for project in ("none", "default"):
                shared, digest = cost(count, length, length * 4 // 5, 0, "--project", project)
                apart, other = cost(count, length, length * 4 // 5, 0, "--project", project, "--share-prefixes", "no")
                same = same and digest == other
                print(f"{length:4} tokens, 80% shared, --project {project:8} {shared:7.1f} ms a prompt, apart {apart:7.1f}: {apart / shared:.2f} times", flush=True)
            one, three = (cost(count, length, 0, n_answer)[0] for n_answer in (1, 3))
            print(f"{length:4} tokens, answers of 3 tokens    {three:7.1f} ms a prompt, of 1 {one:7.1f}: {three / one:.2f} times", flush=True)
    if not same:
        sys.exit("FAILED: the digests with and without shared prefixes differ")


if __name__ == "__main__":
    main()
