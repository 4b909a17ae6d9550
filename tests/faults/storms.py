# SPDX-License-Identifier: Apache-2.0
"""Each command that writes is ended by kill -9 and by Ctrl-C at random times, again and again; what must hold afterwards is in afterwards.py.

    storms.py HEADWATER [--kills 200] [--interrupts 60] [--commands mine,...] [--seed N] [--jobs N]

Prints a row a command: how many of them ended before the signal, and how many failed. Times are chosen evenly from the start to the time that
the command took by itself. A command that was stopped by Ctrl-C must end with 130, or with 0 when it was done before."""
import argparse
import concurrent.futures
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from afterwards import COMMANDS, Program


def storm(name, which, delay, base, whole):
    """(ended before the signal, problem or None)"""
    with tempfile.TemporaryDirectory(prefix="headwater-storms.") as scratch:
        folder = os.path.join(scratch, "f")
        shutil.copytree(base, folder, symlinks=True)
        process = subprocess.Popen([program.path, *COMMANDS[name]], cwd=folder, env=program.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        time.sleep(delay)
        early = process.poll() is not None
        process.send_signal(which)
        stderr = process.communicate(timeout=300)[1].decode(errors="replace")
        try:
            if which == signal.SIGINT and not early:  # before the program catches it, the signal itself ends it
                assert process.returncode in (0, 130, -signal.SIGINT), f"exit {process.returncode}: {stderr.strip()}"
            program.after(name, folder, base, whole)
            program.again(name, folder, base, whole)
        except (AssertionError, subprocess.TimeoutExpired, sqlite3.Error) as error:
            return early, f"{name}, {which.name} after {delay * 1000:.1f} ms: {error}"
    return early, None


def main():
    failures = 0
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="headwater-storms.") as scratch, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        base = os.path.join(scratch, "base")
        os.mkdir(base)
        program.make_base(base)
        print("command       kill -9  ended before  failed   Ctrl-C  ended before  failed", flush=True)
        for name in options.commands.split(","):
            whole = os.path.join(scratch, name)
            shutil.copytree(base, whole, symlinks=True)
            started = time.monotonic()
            program.must(whole, COMMANDS[name])
            took = time.monotonic() - started
            row = []
            for which, n in ((signal.SIGKILL, options.kills), (signal.SIGINT, options.interrupts)):
                results = list(pool.map(lambda delay: storm(name, which, delay, base, whole), [chance.uniform(0, took) for _ in range(n)]))
                problems = [problem for _, problem in results if problem]
                for problem in problems:
                    print("FAIL", problem, flush=True)
                failures += len(problems)
                row += [n, sum(early for early, _ in results), len(problems)]
            print(f"{name:12} {row[0]:8} {row[1]:13} {row[2]:7} {row[3]:8} {row[4]:13} {row[5]:7}", flush=True)
    return 1 if failures else 0


parser = argparse.ArgumentParser()
parser.add_argument("headwater", type=os.path.abspath)
parser.add_argument("--kills", type=int, default=200)
parser.add_argument("--interrupts", type=int, default=60)
parser.add_argument("--commands", default=",".join(COMMANDS))
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--jobs", type=int, default=2)
options = parser.parse_args()
program = Program(options.headwater)
sys.exit(main())
