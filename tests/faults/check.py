# SPDX-License-Identifier: Apache-2.0
# Each command that writes is killed, or a call of it fails, at one call after another (faults.c). After each: every later command works,
# nothing is half done, the same command then gives the same result, and no command ends with 0 after a write that it needed failed.
#   check.py HEADWATER FAULTS.so [--all | --each [A-B] | --points N] [--commands run,mine,...] [--kinds kill,...] [--jobs N]
#     --all      every call of each command; else --points: an even sample of the calls of each command and kind (of removals all).
#                Of allocations --all takes the first of each place, and 20 times --points others; --each takes every one, or those from
#                the A-th to the B-th of each command and kind. With it a command that writes is not begun again for each allocation: it forks there
#                (forks.c). That needs Linux and a /dev/shm that can be written; without it each fault begins its command again, which is said.
# What a fault leaves is looked at once: the same rows and bytes after the same command are as good.
import argparse
import collections
import concurrent.futures
import contextlib
import functools
import glob
import hashlib
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading

from afterwards import COMMANDS, Program, contents, is_whole

# Commands that print: where memory is refused they say so, or print the same.
PRINTED = {"tokenize": ["tokenize", "--model", "gpt2", "--text", "When Ann met Bob!"],
           "trace": ["trace", "--model", "gpt2", "--prompt", "When Ann met Bob!", "--json", "--threads", "1"],
           "trace-text": ["trace", "--model", "gpt2", "--prompt", "When Ann met Bob!", "--threads", "1"],
           "info": ["info", "gpt2"]}

COUNTED = {"kill": "writes", "torn": "writes", "enospc": "writes", "full": "writes", "short": "writes", "eio": "calls", "stays": "removals", "nomem": "allocations"}


AT_ONCE = 1000  # allocations of one process that forks
WAITING = 4  # what a process that forks may leave to be looked at before it waits


def variables(folder, fault):
    return {"LD_PRELOAD": options.faults, "HEADWATER_FAULT": fault, "HEADWATER_FAULT_LOG": os.path.join(folder, "log")}


def call(folder, name, fault):
    return program.call(folder, COMMANDS[name], variables(folder, fault))


def read_log(path):
    """How many calls of each sort a whole run has, and the first allocations of its places. Removes the log."""
    with open(path) as file:
        lines = [line.split() for line in file]
    os.remove(path)
    return {word: int(n) for word, n in lines if word != "place"}, {int(n) for word, n in lines if word == "place"}


def check_printed(folder, name):
    """Memory is refused at the first allocation of each place and at 50 times --points others, with --all and --each at every one. Gives the number of faults and what went wrong."""
    log = os.path.join(folder, "log")

    def printed(at):
        return program.call(folder, PRINTED[name], {"LD_PRELOAD": options.faults, "HEADWATER_FAULT": f"nomem:{at}", "HEADWATER_FAULT_LOG": log if at == 0 else ""})

    whole = printed(0)
    assert whole.returncode == 0, whole.stderr
    counts, places = read_log(log)
    n, others = counts["allocations"], 50 * options.points
    tried = limited(n) if options.each else range(1, n + 1) if options.all else sorted(places | {n - i * n // others for i in range(others)})
    problems = []
    for at in tried:
        done = printed(at)
        stderr = done.stderr.decode(errors="replace").splitlines()
        if done.returncode == 0 and done.stdout != whole.stdout:
            problems.append(f"{name}, nomem {at}: exit 0, but it prints other things")
        elif done.returncode and (done.returncode != 1 or len(stderr) != 1 or not stderr[0].startswith("headwater: ")):
            problems.append(f"{name}, nomem {at}: exit {done.returncode}: {stderr}")
    return len(tried), problems


def limited(n):
    """The calls that --each names, of n."""
    first, last = options.each
    return range(first, min(n, last) + 1)


@functools.cache
def bytes_of(path):
    """Those of a file of the base, which stays as it is; None: there is no such file."""
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def rows_of(path, bytes_):
    """What a database holds that needs no journal: all rows but those of `process`, which hold times, its schema, and of its header the journal mode
    and the program's number. Of another file its bytes. Nothing is written beside it."""
    if not bytes_.startswith(b"SQLite format 3") or glob.glob(glob.escape(path) + "-*"):
        return bytes_
    try:
        found = contents(path, "&immutable=1")
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as db:
            found["schema"] = db.execute("SELECT * FROM sqlite_schema ORDER BY type, name").fetchall()
            found["processes"] = db.execute("SELECT count(*) FROM process").fetchall() if "run" in found else None
        db.close()
    except (AssertionError, sqlite3.Error):
        return bytes_
    return bytes_[18:20] + bytes_[68:72] + repr(found).encode()


def stamps(folder):
    """What tells that a file was written to, or is another one; the log of the fault apart."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(place, name)
            status = os.lstat(path)
            found[os.path.relpath(path, folder)] = status.st_ino, stat.S_ISDIR(status.st_mode) or (status.st_size, status.st_mtime_ns)
    found.pop("log", None)
    return found


def state_of(folder, base, before):
    """A digest of all that lies in a copy of the base. What has its stamp of `before` is not read: it is as it was."""
    now = stamps(folder)
    found = hashlib.blake2b()
    for name in sorted(now):
        path = os.path.join(folder, name)
        found.update(f"{name}\n".encode())
        if os.path.isdir(path) or now[name] == before.get(name):
            continue
        with open(path, "rb") as file:
            bytes_ = file.read()
        if bytes_ == bytes_of(os.path.join(base, name)):
            continue
        seen = hashlib.blake2b(bytes_).digest(), bool(glob.glob(glob.escape(path) + "-*"))
        if seen not in digests:
            digests[seen] = hashlib.blake2b(rows_of(path, bytes_)).digest()
        found.update(digests[seen])
    return found.digest()


@contextlib.contextmanager
def copy_of(base):
    """A copy of the folder, and its stamps. A thread takes the same copy again while nothing in it has changed."""
    if getattr(own, "base", None) != base or stamps(own.folder) != own.before:
        if getattr(own, "scratch", None):
            own.scratch.cleanup()
        own.scratch = tempfile.TemporaryDirectory(prefix="headwater-faults.")
        own.folder, own.base = os.path.join(own.scratch.name, "f"), base
        shutil.copytree(base, own.folder, symlinks=True)
        own.before = stamps(own.folder)
    try:
        yield own.folder, own.before
    finally:
        if os.path.exists(os.path.join(own.folder, "log")):
            os.remove(os.path.join(own.folder, "log"))


def check(name, kind, at, base, whole):
    with copy_of(base) as (folder, before):
        done = call(folder, name, f"{kind}:{at}")
        problem = judge(name, kind, at, done.returncode, done.stderr, folder, os.path.dirname(folder), base, before, whole)
    return 1, [problem] if problem else []


def judge(name, kind, at, code, stderr, folder, place, base, before, whole):
    """What is wrong after a fault, if anything is; place: the folder around `folder` by the name that the command saw."""
    with open(os.path.join(folder, "log")) as file:
        where = " ".join(line.strip() for line in file if line.startswith("at "))
    stderr = stderr.decode(errors="replace")
    said = ("note: ", "saved as", "mining ", "old.db: ", "headwater: old.db: brought from")
    lines = [line for line in stderr.splitlines() if not line.startswith(said)]
    try:
        assert where, "the fault was not met"
        state = name, code, state_of(folder, base, before)
        if kind in ("kill", "torn"):
            assert code == -signal.SIGKILL, f"exit {code}"
        elif code == 0:
            assert state in good or is_whole(name, folder, whole), f"exit 0, but the result is not whole; it says: {stderr.strip()}"
        else:
            assert code == 1 and len(lines) == 1, f"exit {code}, {len(lines)} lines: {stderr.strip()}"
            assert lines[0].startswith("headwater: "), lines[0]
            messages[kind, name, lines[0].replace(place, "")] += 1
        if state not in good:
            program.after(name, folder, base, whole)
            program.again(name, folder, base, whole)
            good.add(state)
    except (AssertionError, OSError, subprocess.TimeoutExpired, sqlite3.Error) as error:
        return f"{name}, {kind} {at} ({where}): {error}"
    return None


def can_fork():
    return sys.platform == "linux" and os.access("/dev/shm", os.W_OK)


def check_forks(name, allocations, base, whole):
    """What check() does for each of the allocations, which follow each other, with a process that forks at each of them."""
    problems, seen = [], []
    with tempfile.TemporaryDirectory(prefix="headwater-faults.", dir="/dev/shm") as scratch:
        root = os.path.join(scratch, "root")  # all that a child changes, and what it says
        folder = os.path.join(root, "f")
        shutil.copytree(base, folder, symlinks=True)
        (credits, give), (reports, report) = os.pipe(), os.pipe()
        more = dict(variables(folder, f"nomem:{allocations[0]}-{allocations[-1]}"), HEADWATER_FAULT_FORK=f"{credits}:{report}:{root}")
        with open(os.path.join(root, "stdout"), "wb") as out, open(os.path.join(root, "stderr"), "wb") as err:
            process = subprocess.Popen([program.path, *COMMANDS[name]], cwd=folder, env=program.environment(more), stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err, pass_fds=(credits, report))
        os.close(credits)
        os.close(report)
        with open(reports) as lines, open(give, "wb", buffering=0) as give:
            give.write(b"." * WAITING)
            for line in lines:
                at, status = map(int, line.split())
                seen.append(at)
                copy = f"{root}.{at}"
                problems.append(look_at(name, at, os.waitstatus_to_exitcode(status), copy, root, base, whole))
                shutil.rmtree(copy, ignore_errors=True)
                with contextlib.suppress(BrokenPipeError):  # it has ended after its last fork
                    give.write(b".")
        code = process.wait()
        if code or seen != list(allocations) or not is_whole(name, folder, whole):
            problems.append(f"{name}, nomem: the process that forks ends with {code} after {len(seen)} of {len(allocations)} faults")
    return len(seen), [problem for problem in problems if problem]


def look_at(name, at, code, copy, root, base, whole):
    try:
        with open(os.path.join(copy, "stderr"), "rb") as file:
            return judge(name, "nomem", at, code, file.read(), os.path.join(copy, "f"), root, base, {}, whole)
    except OSError as error:
        return f"{name}, nomem {at}: exit {code}: {error}"


def main():
    failures = tried = 0
    with tempfile.TemporaryDirectory(prefix="headwater-faults.") as scratch:
        base = os.path.join(scratch, "base")
        os.mkdir(base)
        program.make_base(base)
        chosen = options.commands.split(",")
        forks = can_fork()
        if options.each and "nomem" in options.kinds.split(",") and not forks:
            print("no /dev/shm that can be written: each fault begins its command again", flush=True)
        for name in PRINTED if "nomem" in options.kinds.split(",") else ():
            if name not in chosen:
                continue
            n, problems = check_printed(base, name)
            print(f"{name}: memory refused {n} times", *(f"FAIL {problem}" for problem in problems), sep="\n", flush=True)
            tried, failures = tried + n, failures + len(problems)
        work = []
        for name in COMMANDS:
            if name not in chosen:
                continue
            whole = os.path.join(scratch, name)
            shutil.copytree(base, whole, symlinks=True)
            done = call(whole, name, "kill:0")
            assert done.returncode == 0, done.stderr
            counts, places = read_log(os.path.join(whole, "log"))
            for kind in options.kinds.split(","):
                n = counts[COUNTED[kind]]
                if options.each and kind == "nomem" and forks:
                    each = limited(n)
                    work += [functools.partial(check_forks, name, each[i : i + AT_ONCE], base, whole) for i in range(0, len(each), AT_ONCE)]
                    continue
                points = n if kind == "stays" or options.each or (options.all and kind != "nomem") else min(n, options.points * (20 if options.all else 1))
                at = {n - i * n // points for i in range(points)} | (places if options.all and kind == "nomem" else set())
                at &= set(limited(n)) if options.each else at
                work += [functools.partial(check, name, kind, i, base, whole) for i in sorted(at, reverse=True)]
            print(f"{name}: {counts}, {len(places)} places of allocations", flush=True)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for n, problems in pool.map(lambda one: one(), work):
                tried, failures = tried + n, failures + len(problems)
                for problem in problems:
                    print("FAIL", problem, flush=True)
    if options.messages:
        for (kind, name, line), n in sorted(messages.items()):
            print(f"{n:5} {kind:7} {name:12} {line}")
    print(f"{tried} faults, {failures} failed; {len(good)} different states of the files")
    return 1 if failures else 0


def span(text):
    first, last = text.split("-")
    return int(first), int(last)


parser = argparse.ArgumentParser()
parser.add_argument("headwater", type=os.path.abspath)
parser.add_argument("faults", type=os.path.abspath)
parser.add_argument("--all", action="store_true")
parser.add_argument("--each", nargs="?", const=(1, sys.maxsize), metavar="A-B", type=span)
parser.add_argument("--points", type=int, default=4)
parser.add_argument("--commands", default=",".join([*PRINTED, *COMMANDS]))
parser.add_argument("--kinds", default=",".join(COUNTED))
parser.add_argument("--jobs", type=int, default=2)
parser.add_argument("--messages", action="store_true", help="lists the messages of the faults that ended a command")
options = parser.parse_args()
for word in options.commands.split(","):
    if word not in PRINTED and word not in COMMANDS:
        parser.error(f"--commands: {word}: want some of {', '.join([*PRINTED, *COMMANDS])}")
for word in options.kinds.split(","):
    if word not in COUNTED:
        parser.error(f"--kinds: {word}: want some of {', '.join(COUNTED)}")
messages = collections.Counter()
good = set()  # what faults have left and stood every later command
digests = {}  # of the rows of files, by their bytes
own = threading.local()  # a copy of the base for each thread
program = Program(options.headwater)
sys.exit(main())
