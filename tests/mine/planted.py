# SPDX-License-Identifier: Apache-2.0
"""Are all five planted circuits among the first ten, in time and memory?
    python3 planted.py PLANT HEADWATER PROMPTS [SEED ...]
Ranked by area with up to two noise edges a node, and by surplus with up to three. (By area with up to three the least of the five
falls to rank 11 in 4 of the seeds 1-10 of 5,000 prompts: lone edges that 30% of the prompts have cover as much as four that
8% have. It is found all the same; only the ranking differs.)
Also: a second mining of the same parameters replaces the first; breaks and groups add up; the run's rows stay as they were."""
import csv
import io
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time

MOST_SECONDS, MOST_BYTES = 60, 2 << 30
plant, headwater, n_prompts = sys.argv[1], sys.argv[2], int(sys.argv[3])
failed = False


def check(holds, words):
    global failed
    if not holds:
        failed = True
        print("FAILED:", words)


def run(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def mine(db, *options):
    start = time.monotonic()
    text = run(headwater, "mine", db, "--min-support", "0.05", "--timeout", "20", "--roles", "BOS,S1,S1+1,IO,S2,END", *options)
    return text, time.monotonic() - start


def circuits(database, mining):
    rows = database.execute("SELECT circuit_id FROM circuit WHERE mining_id = ? ORDER BY rank", (mining,)).fetchall()
    return [tuple(i for (i,) in database.execute("SELECT item_id FROM circuit_edge WHERE circuit_id = ? ORDER BY item_id", r)) for r in rows]


def look_at_a_cut_one(db, database, name):
    """What is said to be complete cannot hold an edge that memory had no room for."""
    text, _ = mine(db, "--items", "heads+ffn", "--roles", "all", "--min-support", "0.001", "--memory", str(max(1, n_prompts // 5000)))
    n, n_items, cut, complete, sure, note = database.execute(
        "SELECT n_graphs, n_items, n_items_cut, complete, complete_support, note FROM mining ORDER BY mining_id DESC LIMIT 1").fetchone()
    items = sorted((r[0] for r in database.execute("SELECT n_on FROM agg_item WHERE group_id = -1")), reverse=True)
    frequent = [i for i in items if i >= 0.001 * n]
    check(n_items == len(frequent) and cut > 0 and complete == 0 and "left out" in note and note in text, f"{name}: a cut that is not told: {note}")
    check(sure is None or sure * n > frequent[n_items - cut], f"{name}: sets in {sure} are not all there")


def look(db, planted, name, rank):
    text, seconds = mine(db, "--rank", rank)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024  # of the largest child
    database = sqlite3.connect("file:%s?mode=ro" % db, uri=True)
    (mining, complete, n_sets, n_items), = database.execute("SELECT mining_id, complete, n_sets, n_items FROM mining")
    found = circuits(database, mining)
    ranks = [found.index(p) + 1 if p in found else None for p in planted]
    print(f"{name}: planted circuits at ranks {ranks}; {n_items} edges, {n_sets} sets, {seconds:.2f} s, at most {memory / 2**20:.0f} MiB")
    check(all(r is not None and r <= 10 for r in ranks), f"{name}: not all five in the first ten\n{text}")
    check(complete == 1, f"{name}: not complete")
    check(seconds < MOST_SECONDS and memory < MOST_BYTES, f"{name}: {seconds:.1f} s, {memory} bytes")
    for graphs, support, groups in database.execute(
            "SELECT n_graphs, support, (SELECT sum(support) FROM circuit_group g WHERE g.circuit_id = c.circuit_id) "
            "FROM circuit c JOIN mining USING(mining_id)"):
        check(graphs == n_prompts and support == groups, f"{name}: groups add up to {groups}, want {support}")
    broken = database.execute("SELECT sum(n) FROM circuit_break").fetchone()[0]
    shown = list(csv.DictReader(io.StringIO(run(headwater, "query", db, "circuits", "--format", "csv"))))
    check(sum(int(r["n_broken"]) for r in shown) == broken > 0, f"{name}: graphs that break a pattern")
    check([int(r["n_active"]) for r in shown] == [r[0] for r in database.execute("SELECT support FROM circuit ORDER BY rank")], f"{name}: supports shown")
    for place in (1, len(shown)):
        prompts = run(headwater, "query", db, "circuit_prompts", "--circuit", str(place), "--limit", str(n_prompts), "--format", "csv").split("\n")
        check(len(prompts) - 2 == int(shown[place - 1]["n_active"]), f"{name}: prompts of circuit {place}")
    again, _ = mine(db, "--rank", rank)
    check(again == text.replace("mining %d:" % mining, "mining %d:" % database.execute("SELECT mining_id FROM mining").fetchone()), f"{name}: twice, not the same")
    mine(db, "--by", "group", "--connected", "no", "--items", "heads+ffn", "--min-support", "0.3")
    check(database.execute("SELECT count(*), count(DISTINCT parameters) FROM mining").fetchone() == (2, 2), f"{name}: minings side by side")
    look_at_a_cut_one(db, database, name)
    check(database.execute("SELECT count(*) FROM circuit_edge WHERE circuit_id NOT IN (SELECT circuit_id FROM circuit)").fetchone() == (0,), f"{name}: rows left behind")
    database.close()


with tempfile.TemporaryDirectory() as folder:
    for seed in sys.argv[4:] or ["1"]:
        for noise, rank in (("2", "area"), ("3", "surplus")):
            db, name = os.path.join(folder, "planted.db"), f"seed {seed}, noise {noise}, by {rank}"
            start = time.monotonic()
            lines = run(plant, db, str(n_prompts), seed, noise).split()
            print(f"{name}: {n_prompts} prompts, {os.path.getsize(db) / n_prompts:.0f} bytes each, written in {time.monotonic() - start:.1f} s")
            nothing = subprocess.run([headwater, "query", db, "circuits"], capture_output=True, text=True)
            check(nothing.returncode != 0 and "headwater mine" in nothing.stderr, "a query before mining: " + nothing.stderr)
            look(db, [tuple(int(i) for i in line.split(",")) for line in lines], name, rank)
sys.exit(failed)
