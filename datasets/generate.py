#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the evaluation data sets as CSV. The same seed gives the same bytes.

    generate.py                                        all five files, beside this script
    generate.py --task ioi --n 10000 --out ioi10k.csv  one task, any number of prompts
"""
import argparse
import csv
import os
import random

from generators.corpus import COLUMNS, DEFAULT_ROWS, DEFAULT_SEED, TASKS


def write_task(task, n, seed, path):
    """A task draws from its own stream, so that one file never changes another."""
    rng = random.Random("%d/%s" % (seed, task.NAME))
    rows = task.rows(rng, n)  # before the file is opened: too large an n writes nothing
    with open(path, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\r\n")  # RFC 4180
        out.writerow(COLUMNS + task.EXTRA)
        for row in rows:
            out.writerow([getattr(row, c) for c in COLUMNS]
                         + [row.extra[c] for c in task.EXTRA])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=list(TASKS) + ["all"], default="all")
    parser.add_argument("--n", type=int, default=DEFAULT_ROWS, help="prompts per task")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--out", help="file (one task) or folder (all); default: this folder")
    args = parser.parse_args()
    if args.n < 1:
        parser.error("--n must be at least 1")
    here = os.path.dirname(os.path.abspath(__file__))
    tasks = list(TASKS) if args.task == "all" else [args.task]
    try:
        for name in tasks:
            path = args.out
            if path is None or args.task == "all":
                path = os.path.join(args.out or here, name + ".csv")
            write_task(TASKS[name], args.n, args.seed, path)
    except (OSError, ValueError) as e:
        parser.exit(1, "generate.py: %s\n" % e)



if __name__ == "__main__":
    main()
