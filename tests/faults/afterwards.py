# SPDX-License-Identifier: Apache-2.0
"""Commands that write, and what must hold after one of them was broken off: for check.py and storms.py."""
import filecmp
import gzip
import os
import shutil
import sqlite3
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN = ["run", "--model", "gpt2", "--data", "some.csv", "--limit", "12", "--chunk-tokens", "64", "--commit-seconds", "0",
       "--threads", "1", "--quiet", "--group-by", "group"]
# a.db and old.db, of an older version, are there before; new.db is made.
COMMANDS = {
    "run": RUN + ["--db", "new.db"],
    "mine": ["mine", "a.db", "--top", "2"],
    "compare": ["compare", "a.db", "--by", "group=ABBA,BABA", "--permutations", "20"],
    "export": ["export", "a.db", "--out", "out"],
    "merge": ["merge", "new.db", "s1.db", "s2.db", "--quiet"],
    "rethreshold": ["rethreshold", "a.db", "--threshold", "0.1", "--out", "new.db"],
    "pack": ["pack", "a.db"],
    "migrate": ["pack", "old.db"],
    "check": ["check", "a.db"],
    "certify": ["certify", "a.db", "--model", "gpt2", "--graph", "routes", "--baseline", "zero", "--random", "0", "--knockout", "2", "--limit", "3", "--threads", "1", "--quiet"],
}


class Program:
    """The program under test."""

    def __init__(self, path):
        self.path = path

    def environment(self, more=None):
        return dict(os.environ, LC_ALL="C.UTF-8", OMP_NUM_THREADS="1", **(more or {}))

    def call(self, folder, words, more=None):
        return subprocess.run([self.path, *words], cwd=folder, env=self.environment(more), stdin=subprocess.DEVNULL, capture_output=True, timeout=300)

    def must(self, folder, words):
        done = self.call(folder, words)
        if done.returncode:
            raise AssertionError(f"{' '.join(words[:2])} afterwards: exit {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
        return done

    def digest(self, folder, db):
        return self.must(folder, ["digest", db]).stdout

    def reads(self, folder, db):
        """Every command that reads works."""
        self.must(folder, ["query", db, "top_heads", "--limit", "2"])
        self.must(folder, ["sql", db, "SELECT count(*) FROM prompt"])
        self.must(folder, ["query", db, "settings"])
        self.must(folder, ["export", db, "--out", "elsewhere", "--tables", "group_size"])
        shutil.rmtree(os.path.join(folder, "elsewhere"))

    def make_base(self, folder):
        os.symlink(os.path.join(ROOT, "datasets/models/headwater-gpt2"), os.path.join(folder, "gpt2"))
        with open(os.path.join(ROOT, "datasets/ioi.csv")) as file:
            lines = file.readlines()
        with open(os.path.join(folder, "some.csv"), "w") as file:
            file.writelines(lines[:13])
        with gzip.open(os.path.join(ROOT, "tests/migrate/v2.db.gz")) as packed, open(os.path.join(folder, "old.db"), "wb") as file:
            shutil.copyfileobj(packed, file)
        self.must(folder, [*RUN, "--db", "a.db"])
        for k in "12":
            self.must(folder, [*RUN, "--db", f"s{k}.db", "--shard", f"{k}/2"])
        self.must(folder, ["export", "a.db", "--out", "out"])  # the older one: before there are circuits and comparisons
        self.must(folder, ["mine", "a.db", "--top", "1"])  # replaced by the command
        self.must(folder, ["compare", "a.db", "--by", "group=ABBA,BABA", "--permutations", "20", "--top", "1"])

    def after(self, name, folder, base, whole):
        """What a command that was broken off may leave."""
        assert self.digest(folder, "a.db") == self.digest(base, "a.db"), "the digest of a.db has changed"
        self.reads(folder, "a.db")
        new = os.path.join(folder, "new.db")
        if os.path.exists(new) and os.path.getsize(new):
            try:
                self.reads(folder, "new.db")
            except AssertionError as error:
                if "a database without tables" not in str(error):
                    raise
        if name in ("mine", "compare"):
            found = derived(os.path.join(folder, "a.db"))
            assert found in (derived(os.path.join(base, "a.db")), derived(os.path.join(whole, "a.db"))), "neither the old nor the new result"
        if name == "certify":
            found, wanted = certificates(folder), certificates(whole)
            assert all(found[t] <= wanted[t] for t in found), "a certificate of an interrupted call is not that of a whole one"
        if name == "migrate":
            self.call(folder, ["digest", "old.db"])  # rolls back what was left, whether it can read the version or not
            assert contents(os.path.join(folder, "old.db")) in (contents(os.path.join(base, "old.db")), contents(os.path.join(whole, "old.db"))), "half migrated"
        if name == "export":
            out = os.path.join(folder, "out")
            if os.path.exists(os.path.join(out, "MANIFEST.json")):
                shutil.rmtree(os.path.join(out, ".headwater-export"), ignore_errors=True)  # nobody reads it
                assert same_folder(out, os.path.join(base, "out")) or same_folder(out, os.path.join(whole, "out")), "a mix of the old and the new export"

    def again(self, name, folder, base, whole):
        """The same command again gives what it gives when nothing breaks it off."""
        self.must(folder, COMMANDS[name])
        assert is_whole(name, folder, whole), "the same command again gives another result"
        assert self.digest(folder, "a.db") == self.digest(base, "a.db"), "the digest of a.db has changed"
        assert not leftovers(folder, whole), f"left behind: {leftovers(folder, whole)}"


def contents(path, more=""):
    """The version of the schema, and rows of all tables but `process`, which holds times."""
    if not os.path.exists(path):
        return None
    with sqlite3.connect(f"file:{path}?mode=ro{more}", uri=True) as db:
        tables = [name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")]
        rows = {t: db.execute(f'SELECT * FROM "{t}" ORDER BY 1, 2').fetchall() for t in tables if t not in ("process", "process_stage")}
        rows["version"] = db.execute("PRAGMA user_version").fetchone()
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    return rows


def derived(path):
    rows = contents(path)
    return {t: rows[t] for t in rows if t.startswith(("mining", "circuit", "comparison"))}


def certificates(folder):
    rows = contents(os.path.join(folder, "a.db"))
    return {t: set(rows[t]) for t in rows if t.startswith(("certificate", "knockout")) and t != "certificate_run"}  # which says how many prompts are done


def same_folder(a, b):
    names = sorted(os.listdir(a))
    return names == sorted(os.listdir(b)) and filecmp.cmpfiles(a, b, names, shallow=False)[0] == names


def leftovers(folder, whole):
    return sorted(set(os.listdir(folder)) - set(os.listdir(whole)) - {"log", "elsewhere"})


def is_whole(name, folder, whole):
    """Is the result of the command there, all of it?"""
    if name == "export":
        made = os.path.join(folder, "out/.headwater-export")
        if os.path.isdir(made) and not os.listdir(made):
            os.rmdir(made)  # an empty folder that could not be removed does no harm
        return same_folder(os.path.join(folder, "out"), os.path.join(whole, "out"))
    db = "a.db" if name in ("mine", "compare", "pack", "check", "certify") else "old.db" if name == "migrate" else "new.db"
    return os.path.exists(os.path.join(folder, db)) and contents(os.path.join(folder, db)) == contents(os.path.join(whole, db))
