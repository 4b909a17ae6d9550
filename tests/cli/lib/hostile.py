# SPDX-License-Identifier: Apache-2.0
# hostile.py BINARY DATABASE [all]: puts hostile values into the columns of every table that a run writes, one at a time, and lets
# the commands that read a database work on the result: rethreshold and digest, and one of the others in turn. Each must end with
# exit code 0, or with 1 and a message that names the file. One value for each column; "all": every value and every command.
import concurrent.futures
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zlib

from void_promises import spoil, void_promises

binary, original = sys.argv[1:3]
everything = sys.argv[3:] == ["all"]
NUMBERS = [-3000000, -1, 0, 1 << 31, 1 << 40, (1 << 62) + 7, -(1 << 63), 1e300, -0.5, None, "text", b"\x02\x00"]
OTHERS = [None, 7, 1e300, "", "a text that nobody expects here", b"", b"\xff\x00\xff", "cut", "flip"]
DERIVED = ("process", "t_quantile", "mining", "circuit", "comparison", "certificate", "knockout")


def cases(path, tables):
    db = sqlite3.connect(path)
    db.execute("PRAGMA foreign_keys = OFF")
    for table in tables:
        if not db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]:
            continue
        for _, column, kind, _, _, _, hidden in db.execute(f"PRAGMA table_xinfo({table})").fetchall():
            if hidden:
                continue
            values = NUMBERS if kind in ("INTEGER", "REAL", "INT") else OTHERS
            if not everything:
                values = [values[zlib.crc32(f"{table}.{column}".encode()) % len(values)]]
            for value in values:
                yield table, column, value
    db.close()


def damage(path, case):
    table, column, value = case
    db = sqlite3.connect(path)
    try:
        old, = db.execute(f"SELECT {column} FROM {table} LIMIT 1").fetchone()
        db.execute(f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {column} IS ?", (spoil(value, old), old))
        db.commit()
        return True
    except (sqlite3.IntegrityError, sqlite3.OperationalError):
        return False  # a rowid takes integers only
    finally:
        db.close()


RETHRESHOLD = ["rethreshold", "x.db", "--threshold", "0.2", "--out", "out.db"]
OTHERS_IN_TURN = [["export", "x.db", "--out", "tables"], ["query", "x.db", "graph", "--prompt", "0"], ["query", "x.db", "top_heads"],
                  ["compare", "x.db", "--with", "good.db", "--min-active", "1"], ["compare", "x.db", "--with", "good.db", "--components", "items", "--min-active", "1"],
                  ["mine", "x.db", "--min-support", "0.5"]]


def run(command, folder):
    done = subprocess.run([binary, *command], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    lines = done.stderr.decode(errors="replace").splitlines()
    last = lines[-1] if lines else ""
    refused = done.returncode == 1 and last.startswith("headwater: ") and ".db" in last and "out of memory" not in last
    if done.returncode == 0 or refused:
        return None
    return f"{command[0]}: exit {done.returncode}: {next((line for line in lines if 'ERROR' in line or 'runtime' in line), last)[:200]}"


def check(numbered):
    number, case = numbered
    found = []
    commands = [RETHRESHOLD, ["digest", "x.db"]] + (OTHERS_IN_TURN if everything else [OTHERS_IN_TURN[number % len(OTHERS_IN_TURN)]])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.db")
        shutil.copyfile(opened, path)
        if not damage(path, case):
            return case, found, 0
        shutil.copyfile(original, os.path.join(folder, "good.db"))
        for command in commands:
            try:
                problem = run(command, folder)
            except subprocess.TimeoutExpired:
                problem = f"{command[0]}: no end after 120 s"
            if problem:
                found.append(problem)
    return case, found, 1


opened = original + ".opened"
shutil.copyfile(original, opened)
work = list(cases(opened, void_promises(opened, DERIVED)))
bad = tried = 0
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    for (table, column, value), found, done in pool.map(check, enumerate(work)):
        tried += done
        for line in found:
            bad += 1
            print(f"{table}.{column} = {value!r}: {line}")
columns = len({case[:2] for case in work})
enough = columns > 100 and tried > columns * 9 // 10
print(f"{bad} of {tried} cases are bad" if bad else "every column: refused or answered" if enough else f"only {columns} columns, {tried} cases")
