#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the databases that the browser tests look at.

    python3 tests/web/make_pages.py HEADWATER OUT_DIR

    ioi.db       120 prompts of ioi.csv and their counterfactuals, everything projected, with relevances, mined, compared
    plain.db     the same prompts with the usual settings, and the floor at the threshold
    empty.db     a run that was killed before its first commit
    part.db      a run that was stopped after its first chunks
    failed.db    prompts with all targets, one of them, the only one of its group, too long; a group without answers
    strange.db   prompts that look like HTML, one with a control character
    unequal.db   a prompt whose counterfactual has another length: a reason stands in the place of its contrast relevance; an answer of several
                 tokens
"""
import csv
import os
import signal
import sqlite3
import subprocess
import sys
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
MODEL = os.path.join(ROOT, "datasets", "models", "headwater-gpt2")
IOI = os.path.join(ROOT, "datasets", "ioi.csv")


def main():
    headwater, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)

    def call(*arguments, codes=(0,)):
        done = subprocess.run([headwater, *arguments], capture_output=True, text=True)
        if done.returncode not in codes:
            sys.exit(f"{' '.join(arguments)}: {done.stderr}")

    def run(name, data, *arguments, codes=(0,)):
        path = os.path.join(out, name)
        if os.path.exists(path):
            os.remove(path)
        call("run", "--model", MODEL, "--data", data, "--db", path, "--quiet", *arguments, codes=codes)
        return path

    def write(name, prompts, *columns):
        path = os.path.join(out, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns or ["prompt"])
            writer.writerows(prompt if columns else [prompt] for prompt in prompts)
        return path

    def stop(name, when, by, *arguments):
        """Runs ioi.csv, and ends it by a signal as soon as the statement `when` gives a number that is not 0."""
        path = os.path.join(out, name)
        for end in ("", "-wal", "-shm"):
            if os.path.exists(path + end):
                os.remove(path + end)
        process = subprocess.Popen([headwater, "run", "--model", MODEL, "--data", IOI, "--db", path, "--quiet", "--threads", "1", *arguments],
                                   stderr=subprocess.DEVNULL)
        while process.poll() is None:
            try:
                database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
                reached = database.execute(when).fetchone()[0]
                database.close()
            except sqlite3.Error:  # not there yet
                reached = 0
            if reached:
                process.send_signal(by)
                process.wait()
                return
            time.sleep(0.01)
        sys.exit(f"{name}: the run ended before it could be stopped")

    ioi = run("ioi.db", IOI, "--limit", "120", "--counterfactual", "--relevance", "both", "--group-by", "group", "--project", "all", "--convention", "both", "--floor", "0.01")
    call("mine", ioi)
    call("compare", ioi, "--by", "group=ABBA,BABA", "--permutations", "200")
    run("plain.db", IOI, "--limit", "120", "--counterfactual", "--group-by", "group", "--floor", "0.04")
    stop("empty.db", "SELECT count(*) FROM run", signal.SIGKILL, "--commit-seconds", "3600")
    stop("part.db", "SELECT count(*) >= 3 FROM chunk", signal.SIGINT, "--commit-seconds", "0", "--chunk-tokens", "64")
    run("failed.db", write("failed.csv", [["Mary and John", "went", "with"], ["very " * 400, "went", "long"], ["The door", "", "without"]], "prompt", "answer", "group"),
        "--group-by", "group", "--targets", "all", codes=(3,))
    run("strange.db", write("strange.csv", ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "a & b <b>bold</b> süße Löwe 日本 🦁 \u202e txt", "a\x01b"]))
    run("unequal.db", write("unequal.csv", [["Mary and John went", "Mary and John", "Zyxwv quux", "John"]], "prompt", "counterfactual", "answer", "foil"), "--counterfactual", "--relevance", "both")


if __name__ == "__main__":
    main()
