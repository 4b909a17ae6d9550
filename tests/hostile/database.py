# SPDX-License-Identifier: Apache-2.0
"""Databases that are damaged, or made by somebody who means harm: each command that reads or writes one ends by itself with 0, or with one line.

    database.py HEADWATER [--every N] [--commands N] [--seed N] [--jobs N]

Bits are flipped in each page (--every: each N-th), three a page; each case meets all commands (--commands: N of them in turn, 3 with --every). Then triggers on every table, views in the place of tables, generated columns,
tables without rows. A command may say 0 where what is damaged does not concern it; never may it end by a signal or run on."""
import argparse
import concurrent.futures
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN = ["run", "--model", "gpt2", "--data", "some.csv", "--limit", "4", "--chunk-tokens", "40", "--threads", "1", "--quiet", "--group-by", "group", "--top-tokens", "2",
       "--top-neurons", "2"]
COMMANDS = [["check", "x.db"], ["pack", "x.db"], ["info", "x.db"], ["digest", "x.db"], ["query", "x.db", "top_heads"], ["sql", "x.db", "SELECT count(*) FROM edge"],
            ["export", "x.db", "--out", "out"], ["rethreshold", "x.db", "--threshold", "0.1", "--out", "new.db"], ["mine", "x.db", "--top", "2"],
            ["compare", "x.db", "--by", "group=ABBA,BABA", "--permutations", "5"], [*RUN, "--db", "x.db", "--limit", "6"], [*RUN, "--db", "x.db"],
            ["check", "x.db", "--model", "gpt2", "--sample", "2"], ["page", "x.db", "--prompt", "0", "--out", "page.html"]]
SECONDS = 120


def make(folder):
    os.symlink(os.path.join(ROOT, "datasets/models/headwater-gpt2"), os.path.join(folder, "gpt2"))
    with open(os.path.join(ROOT, "datasets/ioi.csv"), encoding="utf-8") as file:
        lines = file.readlines()
    with open(os.path.join(folder, "some.csv"), "w", encoding="utf-8") as file:
        file.writelines(lines[:7])
    for words in ([*RUN, "--db", "x.db"], ["mine", "x.db", "--top", "2"], ["compare", "x.db", "--by", "group=ABBA,BABA", "--permutations", "5"]):
        subprocess.run([options.headwater, *words], cwd=folder, capture_output=True, check=True)


def flipped(path, page, page_size, chance):
    with open(path, "r+b") as file:
        for _ in range(3):
            at = page * page_size + chance.randrange(page_size)
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1 << chance.randrange(8)]))


def statements():
    """(what, SQL that makes it)"""
    with sqlite3.connect(os.path.join(whole, "x.db")) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
        views = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'view'")]
    for table in tables:
        yield f"triggers on {table}", (f"CREATE TRIGGER harm_i AFTER INSERT ON {table} BEGIN DELETE FROM prompt; END; CREATE TRIGGER harm_d AFTER DELETE ON {table} BEGIN "
                                       f"DELETE FROM graph; END; CREATE TRIGGER harm_u AFTER UPDATE ON {table} BEGIN DELETE FROM run; END")
        yield f"a view for {table}", f"PRAGMA legacy_alter_table = ON; ALTER TABLE {table} RENAME TO was_{table}; CREATE VIEW {table} AS SELECT * FROM was_{table}"
        yield f"an endless view for {table}", (f"PRAGMA legacy_alter_table = ON; ALTER TABLE {table} RENAME TO was_{table}; CREATE VIEW {table} AS "
                                               f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT was_{table}.* FROM n, was_{table}")
        yield f"no rows in {table}", f"DELETE FROM {table}"
        yield f"no table {table}", f"DROP TABLE {table}"
    for view in views:
        yield f"an endless {view}", f"DROP VIEW {view}; CREATE VIEW {view} AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    yield "many columns", "ALTER TABLE prompt ADD COLUMN more TEXT; ALTER TABLE agg_head ADD COLUMN more INTEGER"
    yield "a schema of its own", "PRAGMA user_version = 2"


def run_all(what, change, commands):
    problems = []
    with tempfile.TemporaryDirectory(prefix="headwater-hostile.") as scratch:
        damaged = os.path.join(scratch, "damaged.db")
        shutil.copy(os.path.join(whole, "x.db"), damaged)
        try:
            change(damaged)
        except sqlite3.Error:
            return problems, 0
        for number, words in enumerate(commands):
            folder = os.path.join(scratch, str(number))
            os.mkdir(folder)
            for name in ("gpt2", "some.csv"):
                os.symlink(os.path.join(whole, name), os.path.join(folder, name))
            shutil.copy(damaged, os.path.join(folder, "x.db"))
            try:
                done = subprocess.run([options.headwater, *words], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
            except subprocess.TimeoutExpired:
                problems.append(f"{what}: {words[0]}: no end after {SECONDS} s")
                continue
            lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.startswith("headwater: ") and "brought from schema" not in line]
            if done.returncode not in (0, 1, 3) or (done.returncode == 1 and len(lines) != 1) or b"ERROR: " in done.stderr or b"runtime error" in done.stderr:
                text = done.stderr.decode(errors="replace")
                problems.append(f"{what}: {words[0]}: exit {done.returncode}: {next((line for line in text.splitlines() if re.search('ERROR|runtime error', line)), text[-200:])!r}")
            shutil.rmtree(folder)
    return problems, len(commands)


def main():
    global whole
    n = 0
    bad = []
    with tempfile.TemporaryDirectory(prefix="headwater-hostile.") as scratch:
        whole = os.path.join(scratch, "whole")
        os.mkdir(whole)
        make(whole)
        with sqlite3.connect(os.path.join(whole, "x.db")) as db:
            page_size, = db.execute("PRAGMA page_size").fetchone()
            pages, = db.execute("PRAGMA page_count").fetchone()
        work = []
        for page in range(options.seed % options.every, pages, options.every):
            chance = random.Random(options.seed * 1000003 + page)
            work.append((f"bits of page {page + 1}", lambda path, page=page, chance=chance: flipped(path, page, page_size, chance)))
        for number, (what, sql) in enumerate(statements()):
            if number % options.every == 0:
                work.append((what, lambda path, sql=sql: sqlite3.connect(path).executescript(sql).close()))
        few = min(len(COMMANDS), options.commands or (3 if options.every > 1 else len(COMMANDS)))
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            jobs = [pool.submit(run_all, what, change, [COMMANDS[(i + k * 5) % len(COMMANDS)] for k in range(few)]) for i, (what, change) in enumerate(work)]
            for job in jobs:
                problems, done = job.result()
                n += done
                bad += problems
                for problem in problems:
                    print("FAIL", problem, flush=True)
    print(f"{pages} pages, {len(work)} cases, {n} commands, {len(bad)} failed")
    return 1 if bad or n < 20 else 0


parser = argparse.ArgumentParser()
parser.add_argument("headwater", type=os.path.abspath)
parser.add_argument("--every", type=int, default=1)
parser.add_argument("--commands", type=int, default=0)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--jobs", type=int, default=2)
options = parser.parse_args()
whole = None
sys.exit(main())
