# SPDX-License-Identifier: Apache-2.0
# Each command that writes is killed, or a call of it fails, at one call after another (faults.c). After each: every later command works,
# nothing is half done, the same command then gives the same result, and no command ends with 0 after a write that it needed failed.
#   check.py HEADWATER FAULTS.so [--all | --points N] [--commands run,mine,...] [--kinds kill,...] [--jobs N]
#     --all      every call of each command; else --points: an even sample of the calls of each command and kind
import argparse
import collections
import concurrent.futures
import filecmp
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COUNTED = {"kill": "writes", "torn": "writes", "enospc": "writes", "full": "writes", "short": "writes", "eio": "calls", "nomem": "allocations"}
RUN = ["run", "--model", "gpt2", "--data", "some.csv", "--limit", "12", "--chunk-tokens", "64", "--commit-seconds", "0",
       "--threads", "1", "--quiet", "--group-by", "group"]
# The databases that a command writes; a.db is there before.
COMMANDS = {
    "run": RUN + ["--db", "new.db"],
    "mine": ["mine", "a.db", "--top", "2"],
    "compare": ["compare", "a.db", "--by", "group=ABBA,BABA", "--permutations", "20"],
    "export": ["export", "a.db", "--out", "out"],
    "merge": ["merge", "new.db", "s1.db", "s2.db", "--quiet"],
    "rethreshold": ["rethreshold", "a.db", "--threshold", "0.1", "--out", "new.db"],
}


def call(folder, program, words, fault=None):
    environment = dict(os.environ, LC_ALL="C.UTF-8", OMP_NUM_THREADS="1")
    if fault:
        environment |= {"LD_PRELOAD": options.faults, "HEADWATER_FAULT": fault, "HEADWATER_FAULT_LOG": os.path.join(folder, "log")}
    return subprocess.run([program, *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)


def must(folder, words):
    done = call(folder, options.headwater, words)
    if done.returncode:
        raise AssertionError(f"{' '.join(words[:2])} afterwards: exit {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    return done


def make_base(folder):
    os.symlink(os.path.join(ROOT, "datasets/models/headwater-gpt2"), os.path.join(folder, "gpt2"))
    with open(os.path.join(ROOT, "datasets/ioi.csv")) as file:
        lines = file.readlines()
    with open(os.path.join(folder, "some.csv"), "w") as file:
        file.writelines(lines[:13])
    must(folder, [*RUN, "--db", "a.db"])
    for k in "12":
        must(folder, [*RUN, "--db", f"s{k}.db", "--shard", f"{k}/2"])
    must(folder, ["export", "a.db", "--out", "out"])  # the older one: before there are circuits and comparisons
    must(folder, ["mine", "a.db", "--top", "1"])  # replaced by the command
    must(folder, ["compare", "a.db", "--by", "group=ABBA,BABA", "--permutations", "20", "--top", "1"])


def contents(path):
    """Rows of all tables but `process`, which holds times."""
    if not os.path.exists(path):
        return None
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        tables = [name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")]
        rows = {t: db.execute(f'SELECT * FROM "{t}" ORDER BY 1, 2').fetchall() for t in tables if t not in ("process", "process_stage")}
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    return rows


def derived(path):
    rows = contents(path)
    return {t: rows[t] for t in rows if t.startswith(("mining", "circuit", "comparison"))}


def same_folder(a, b):
    names = sorted(os.listdir(a))
    return names == sorted(os.listdir(b)) and filecmp.cmpfiles(a, b, names, shallow=False)[0] == names


def digest(folder, db):
    return must(folder, ["digest", db]).stdout


def reads(folder, db):
    """Every command that reads works."""
    must(folder, ["query", db, "top_heads", "--limit", "2"])
    must(folder, ["sql", db, "SELECT count(*) FROM prompt"])
    must(folder, ["query", db, "settings"])
    must(folder, ["export", db, "--out", "elsewhere", "--tables", "group_size"])
    shutil.rmtree(os.path.join(folder, "elsewhere"))


def leftovers(folder, whole):
    return sorted(set(os.listdir(folder)) - set(os.listdir(whole)) - {"log", "elsewhere"})


def is_whole(name, folder, whole):
    """Is the result of the command there, all of it?"""
    if name == "export":
        made = os.path.join(folder, "out/.headwater-export")
        if os.path.isdir(made) and not os.listdir(made):
            os.rmdir(made)  # an empty folder that could not be removed does no harm
        return same_folder(os.path.join(folder, "out"), os.path.join(whole, "out"))
    db = "a.db" if name in ("mine", "compare") else "new.db"
    return os.path.exists(os.path.join(folder, db)) and contents(os.path.join(folder, db)) == contents(os.path.join(whole, db))


def after(name, folder, base, whole):
    """What a command that was broken off may leave."""
    assert digest(folder, "a.db") == digest(base, "a.db"), "the digest of a.db has changed"
    reads(folder, "a.db")
    new = os.path.join(folder, "new.db")
    if os.path.exists(new) and os.path.getsize(new):
        try:
            reads(folder, "new.db")
        except AssertionError as error:
            if "a database without tables" not in str(error):
                raise
    if name in ("mine", "compare"):
        found = derived(os.path.join(folder, "a.db"))
        assert found in (derived(os.path.join(base, "a.db")), derived(os.path.join(whole, "a.db"))), "neither the old nor the new result"
    if name == "export":
        out = os.path.join(folder, "out")
        if os.path.exists(os.path.join(out, "MANIFEST.json")):
            shutil.rmtree(os.path.join(out, ".headwater-export"), ignore_errors=True)  # nobody reads it
            assert same_folder(out, os.path.join(base, "out")) or same_folder(out, os.path.join(whole, "out")), "a mix of the old and the new export"


def check(name, kind, at, base, whole):
    with tempfile.TemporaryDirectory(prefix="headwater-faults.") as scratch:
        folder = os.path.join(scratch, "f")
        shutil.copytree(base, folder, symlinks=True)
        done = call(folder, options.headwater, COMMANDS[name], f"{kind}:{at}")
        with open(os.path.join(folder, "log")) as file:
            where = " ".join(line.strip() for line in file if line.startswith("at "))
        stderr = done.stderr.decode(errors="replace")
        lines = [line for line in stderr.splitlines() if not line.startswith(("note: ", "saved as", "mining "))]
        try:
            assert where, "the fault was not met"
            if kind in ("kill", "torn"):
                assert done.returncode == -signal.SIGKILL, f"exit {done.returncode}"
            elif done.returncode == 0:
                assert is_whole(name, folder, whole), f"exit 0, but the result is not whole; it says: {stderr.strip()}"
            else:
                assert done.returncode == 1 and len(lines) == 1, f"exit {done.returncode}, {len(lines)} lines: {stderr.strip()}"
                assert lines[0].startswith("headwater: "), lines[0]
                messages[kind, name, lines[0].replace(scratch, "")] += 1
            after(name, folder, base, whole)
            must(folder, COMMANDS[name])
            assert is_whole(name, folder, whole), "the same command again gives another result"
            assert digest(folder, "a.db") == digest(base, "a.db"), "the digest of a.db has changed"
            assert not leftovers(folder, whole), f"left behind: {leftovers(folder, whole)}"
        except (AssertionError, subprocess.TimeoutExpired, sqlite3.Error) as error:
            return f"{name}, {kind} {at} ({where}): {error}"
    return None


def main():
    failures = tried = 0
    with tempfile.TemporaryDirectory(prefix="headwater-faults.") as scratch:
        base = os.path.join(scratch, "base")
        os.mkdir(base)
        make_base(base)
        work = []
        for name in options.commands.split(","):
            whole = os.path.join(scratch, name)
            shutil.copytree(base, whole, symlinks=True)
            done = call(whole, options.headwater, COMMANDS[name], "kill:0")
            assert done.returncode == 0, done.stderr
            with open(os.path.join(whole, "log")) as file:
                counts = {word: int(n) for word, n in (line.split() for line in file)}
            os.remove(os.path.join(whole, "log"))
            for kind in options.kinds.split(","):
                n = counts[COUNTED[kind]]
                points = n if options.all and kind != "nomem" else min(n, options.points * (20 if options.all else 1))
                work += [(name, kind, n - i * n // points, base, whole) for i in range(points)]
            print(f"{name}: {counts}", flush=True)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for problem in pool.map(lambda arguments: check(*arguments), work):
                tried += 1
                if problem:
                    failures += 1
                    print("FAIL", problem, flush=True)
    if options.messages:
        for (kind, name, line), n in sorted(messages.items()):
            print(f"{n:5} {kind:7} {name:12} {line}")
    print(f"{tried} faults, {failures} failed")
    return 1 if failures else 0


parser = argparse.ArgumentParser()
parser.add_argument("headwater", type=os.path.abspath)
parser.add_argument("faults", type=os.path.abspath)
parser.add_argument("--all", action="store_true")
parser.add_argument("--points", type=int, default=4)
parser.add_argument("--commands", default=",".join(COMMANDS))
parser.add_argument("--kinds", default=",".join(COUNTED))
parser.add_argument("--jobs", type=int, default=2)
parser.add_argument("--messages", action="store_true", help="lists the messages of the faults that ended a command")
options = parser.parse_args()
messages = collections.Counter()
sys.exit(main())
