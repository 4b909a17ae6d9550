# SPDX-License-Identifier: Apache-2.0
"""headwater certify: the order of components where some prompts have no numbers, and effects that are the same in every prompt.

    python3 tests/certify/left_out.py build/headwater

Each check is a function; a fault is a line, and the exit code says whether there was one."""
import csv
import json
import os
import sqlite3
import sys
import tempfile

from shared import MODEL, ROOT, call, certify, check, rows, run, verdict


def write(path, table):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table[0].keys())
        writer.writeheader()
        writer.writerows(table)
    return path


def read(name, n):
    with open(os.path.join(ROOT, "datasets", name), encoding="utf-8") as file:
        return list(csv.DictReader(file))[:n]


def sums_of(db, prompts):
    """Sums of importances, of FFNs of the largest share over their nodes, of some prompts."""
    sums = {}
    with sqlite3.connect(db) as connection:
        ends = {i: n - 1 for i, n in connection.execute("SELECT prompt_id, n_tokens FROM prompt")}
    for prompt in prompts:
        graph = prompt << 20 | ends[prompt]
        heads = f"SELECT 'head', h.layer, h.head, h.importance FROM graph g, hw_heads(g.heads) h WHERE g.graph_id = {graph}"
        ffn = f"SELECT 'ffn', e.layer, 0, max(e.importance) FROM graph g, hw_edges(g.edges) e WHERE g.graph_id = {graph} AND e.kind = 'ffn' GROUP BY e.layer"
        for kind, layer, number, importance in csv.reader(call("sql", db, f"{heads} UNION ALL {ffn}", "--format", "csv").stdout.splitlines()[1:]):
            key = kind, int(layer), int(number)
            sums[key] = sums.get(key, 0) + round(float(importance) * 1e6)
    return sums


def check_mean(folder):
    """A prompt that has no other one for a mean is in no sum, and headwater check agrees."""
    data = read("pronoun.csv", 39)
    db = run(os.path.join(folder, "mean.db"), write(os.path.join(folder, "mean.csv"), data[:2] + data[38:]), "--group-by", "template", "--relevance", "both")
    kinds = (("routes", "--knockout", 1), ("answer", "--knockout", 1), ("contrast", "--curve", "set"))
    for number, (graph, *options) in enumerate(kinds, 1):
        certify(db, "--graph", graph, "--unit", "node", "--baseline", "mean", "--random", 0, *options)
        without = [r["graph_id"] >> 20 for r in rows(db, "certificate", f"certificate_id = {number} AND m IS NULL")]
        check(without == [2], f"{graph}: prompt 2 alone has no mean: {without}")
    wanted = sums_of(db, (0, 1))
    for row in rows(db, "certificate_component", "certificate_id = 1"):
        key = row["kind"], row["layer"], row["number"]
        check(row["sum"] == wanted.get(key, 0), f"{key}: {row['sum']}, want {wanted.get(key, 0)}")
    call("check", db)


def check_counterfactuals(folder):
    """The same of a prompt whose counterfactual has another number of tokens, which has an answer relevance nevertheless."""
    data = read("ioi.csv", 4)
    data[2]["counterfactual"] = "The mill is old and so"
    db = run(os.path.join(folder, "paired.db"), write(os.path.join(folder, "paired.csv"), data), "--relevance", "answer")
    certify(db, "--graph", "answer", "--random", 0, "--knockout", 1)
    check(len(rows(db, "certificate", "m IS NULL")) == 1, "one prompt has no numbers")
    call("check", db)


def check_equal_prompts(folder):
    """Effects that are the same in every prompt have the least p, and q is over all components."""
    db = run(os.path.join(folder, "equal.db"), write(os.path.join(folder, "equal.csv"), read("ioi.csv", 1) * 3))
    certify(db, "--random", 0, "--knockout", 36)
    found = json.loads(call("query", db, "head_effects", "--limit", 0, "--format", "json").stdout)
    active = [r for r in found if r["effect"] != 0]
    check(len(found) == 36 and 0 < len(active) < 36, f"{len(active)} of {len(found)} components have an effect")
    least = sys.float_info.min
    for r in found:
        wanted = (least, least * 36 / len(active)) if r["effect"] else (1, 1)
        check((r["p"], r["q"]) == wanted, f"p and q of {r['component']}: {r['p']}, {r['q']}, want {wanted}")
        check(r["share_lo"] == r["share"] == r["share_hi"], f"the interval of {r['component']}: {r['share_lo']} to {r['share_hi']}")
    [all_of_them] = json.loads(call("query", db, "certificates", "--format", "json").stdout)
    check(all_of_them["f_kept_lo"] == all_of_them["f_kept_hi"], "the interval of F")
    with sqlite3.connect(db) as connection: # the least difference that float32 margins have is one
        connection.execute("UPDATE knockout SET effect = effect + 1e-6 WHERE (kind, layer, number) = ('head', 1, 5) AND graph_id >> 20 = 1")
    connection.close()
    [changed] = [r for r in json.loads(call("query", db, "head_effects", "--limit", 0, "--format", "json").stdout) if r["component"] == "L1H5"]
    check(least < changed["p"] < 1e-12 and changed["share_lo"] < changed["share_hi"], f"one effect that differs by 1e-6: p {changed['p']}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_mean(folder)
        check_counterfactuals(folder)
        check_equal_prompts(folder)
    return verdict()


sys.exit(main())
