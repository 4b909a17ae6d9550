# SPDX-License-Identifier: Apache-2.0
"""headwater certify on databases that grow, and what it takes when nothing is said.

    python3 tests/certify/grown.py build/headwater

Each check is a function; a fault is a line, and the exit code says whether there was one."""
import csv
import os
import sqlite3
import sys
import tempfile

from shared import MODEL, PROMPTS, ROOT, TABLES, call, certify, check, rows, run, verdict


def of_settings(db, table):
    """The rows of a table with the settings of their certificates in the place of the number."""
    with sqlite3.connect(db) as connection:
        columns = [c[1] for c in connection.execute(f"PRAGMA table_info({table})") if c[1] != "certificate_id"]
        return sorted(connection.execute(f"SELECT graph, unit, baseline, n_knockouts, curve, {', '.join(columns)} FROM {table} JOIN certificate_run USING(certificate_id)"), key=repr)


def check_grown(folder):
    """Certificates of a part of the prompts, and then of all, are those of all at once."""
    data, options = os.path.join(ROOT, "datasets/ioi.csv"), ("--limit", PROMPTS, "--chunk-tokens", 128, "--group-by", "group")
    parts = [run(os.path.join(folder, f"part{k}.db"), data, *options, "--shard", f"{k}/3") for k in (1, 2)]
    grown, whole = os.path.join(folder, "grown.db"), run(os.path.join(folder, "at_once.db"), data, *options)
    call("merge", grown, *parts, "--partial")
    kinds = ((), ("--graph", "routes"), ("--knockout", 3, "--pairs", 2), ("--curve", "set", "--unit", "node"), ("--baseline", "mean", "--unit", "node", "--graph", "routes"))
    for kind in kinds:
        certify(grown, *kind)
    with sqlite3.connect(grown) as connection: # a run may end between a prompt and its counterfactual
        connection.execute("UPDATE certificate SET reason = 'there is no counterfactual', m = NULL WHERE graph_id = (SELECT min(graph_id) FROM certificate) AND certificate_id < 3")
    connection.close()
    before = {table: of_settings(grown, table) for table in TABLES}
    check(len(rows(grown, "certificate")) < len(kinds) * PROMPTS, "a part is certified")
    run(grown, data, *options)
    told = call("certify", grown, "--model", MODEL, "--threshold", 0.04, "--dry-run", "--knockout", 3, "--pairs", 2).stdout
    check("(0 of them are certified)" in told, f"--dry-run says that all begins anew: {told}")
    for kind in kinds:
        said = call("certify", grown, "--model", MODEL, "--threshold", 0.04, *kind).stderr
        check("rows of an earlier call were deleted" in said, f"what was deleted is said: {said}")
        certify(whole, *kind)
    for table in TABLES:
        check(of_settings(grown, table) == of_settings(whole, table) != before[table], f"{table} has the rows of all prompts at once")
    check(all(row["complete"] for row in rows(grown, "certificate_run")), "complete")
    said = call("certify", grown, "--model", MODEL, "--threshold", 0.04).stderr
    check(f"{PROMPTS} were there" in said and "deleted" not in said and "the table is over" not in said, "nothing is made again without new prompts")
    said = call("certify", grown, "--model", MODEL, "--threshold", 0.04, "--limit", 5).stderr
    check(f"the table is over all {PROMPTS} prompts" in said, f"what the table is over is said: {said}")


def check_mean_by_parts(folder):
    """Means are over counterfactuals, also while the first prompts have none."""
    with open(os.path.join(ROOT, "datasets/ioi.csv"), encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    path = os.path.join(folder, "late.csv")
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, first.keys())
        writer.writeheader()
        writer.writerows([dict(first, counterfactual="")] * 2 + [first] * 2)
    kind = ("--graph", "routes", "--unit", "node", "--baseline", "mean")
    late = [run(os.path.join(folder, f"late{i}.db"), path, wanted=3) for i in range(2)]
    certify(late[0], *kind, "--limit", 2)
    for db in late:
        certify(db, *kind)
    check(of_settings(late[0], "certificate") == of_settings(late[1], "certificate"), "the same means in two calls as in one")


def check_thresholds(folder):
    """Without --threshold a graph is that of the run: of relevances the run's for those."""
    for options, wanted in ((("--relevance", "contrast", "--relevance-threshold", 0.2), 0.2), ((), 0.04)):
        db = run(os.path.join(folder, f"threshold{wanted}.db"), os.path.join(ROOT, "datasets/ioi.csv"), "--limit", 3, *options, "--threshold", 0.1)
        for graph in ("routes", "answer", "contrast"):
            call("certify", db, "--model", MODEL, "--graph", graph, "--quiet")
        check([row["threshold"] for row in rows(db, "certificate_run")] == [0.1, wanted, wanted], f"thresholds of {options}: {[row['threshold'] for row in rows(db, 'certificate_run')]}")
    with sqlite3.connect(db) as connection:
        connection.execute("INSERT OR REPLACE INTO setting(name, value) VALUES('relevance-threshold', 'much')")
    connection.close()
    check('relevance-threshold is "much"' in call("certify", db, "--model", MODEL, "--graph", "answer", wanted=1).stderr, "a threshold that is no number")


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_grown(folder)
        check_mean_by_parts(folder)
        check_thresholds(folder)
    return verdict()


sys.exit(main())
