# SPDX-License-Identifier: Apache-2.0
"""headwater certify: numbers against those of trace, statistics against their formulas, and what must not change them.

    python3 tests/certify/check.py build/headwater

Each check is a function; a fault is a line, and the exit code says whether there was one."""
import csv
import json
import math
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from shared import BINARY, MODEL, PROMPTS, ROOT, TABLES, call, certify, check, near, rows, run, verdict


def query(db, name, *options):
    return json.loads(call("query", db, name, "--format", "json", *options).stdout)


def ids(db, prompt):
    found = call("sql", db, f"SELECT token_id FROM hw_tokens((SELECT tokens FROM prompt WHERE prompt_id = {prompt}))", "--format", "csv")
    return ",".join(found.stdout.split()[1:])


def check_trace(db):
    """The rows of two prompts are what trace says of their tokens."""
    kinds = [(graph, unit, baseline) for graph in ("routes", "answer", "contrast") for unit in ("edge", "node") for baseline in ("counterfactual", "zero")]
    for graph, unit, baseline in kinds:
        certify(db, "--graph", graph, "--unit", unit, "--baseline", baseline, "--random", 0, "--knockout", 1000 if graph == "contrast" and unit == "node" else 0)
    certificates = rows(db, "certificate JOIN certificate_run USING(certificate_id)")
    with sqlite3.connect(db) as connection:
        pairs = dict(connection.execute("SELECT counterfactual_of, prompt_id FROM prompt WHERE counterfactual_of IS NOT NULL"))
        answers = {prompt: (answer, foil) for prompt, answer, foil in connection.execute("SELECT prompt_id, answer_id, foil_id FROM answer")}
    for prompt in (1, PROMPTS - 1):
        answer, foil = answers[prompt]
        trace = json.loads(call("trace", "--model", MODEL, "--tokens", ids(db, prompt), "--counterfactual-tokens", ids(db, pairs[prompt]), "--answer-token", answer, "--foil-token", foil,
                                "--relevance", "both", "--certify", "--knockout", "counterfactual,zero", "--threshold", 0.04, "--floor", 0.01, "--project", "none", "--json").stdout)
        told = {(c["graph"], c["unit"], c["baseline"]): c for c in trace["certificates"]}
        for kind in kinds:
            [row] = [c for c in certificates if (c["graph"], c["unit"], c["baseline"]) == kind and c["graph_id"] >> 20 == prompt]
            for column in ("n_attention", "n_ffn", "m", "none", "kept", "removed", "kept_kl", "removed_kl", "kept_id", "removed_id", "kept_rank", "removed_rank"):
                near(row[column], told[kind][column], f"prompt {prompt}, {kind}: {column}")
            check((row["m_reference"] is not None) == (kind[0] == "contrast"), f"{kind}: m_reference is there where it was used")
        for knocked in trace["knockouts"]:
            found = rows(db, "knockout JOIN certificate_run USING(certificate_id)", f"graph_id >> 20 = {prompt} AND baseline = '{knocked['baseline']}'")
            check(len(found) == sum(map(len, knocked["heads"])) + len(knocked["ffn"]), "every head and FFN is knocked out")
            for k in found:
                near(k["effect"], knocked["heads"][k["layer"]][k["number"]] if k["kind"] == "head" else knocked["ffn"][k["layer"]], f"knock-out {k}")
    for c in certificates:
        if c["baseline"] == "counterfactual" and c["graph"] == "contrast":
            near(c["none"], c["m_reference"], "none is the counterfactual's margin: the last tokens are the same", 1e-4)


def t975(db, df):
    return rows(db, "t_quantile", f"df = {df}")[0]["t975"]


def check_statistics(db):
    """The query's numbers from the rows of the table, by the formulas of METHOD section 13."""
    certify(db, "--random", 1)
    [run_row] = rows(db, "certificate_run", "n_random = 1 AND curve = 'none' AND baseline = 'counterfactual'")
    number = run_row["certificate_id"]
    listed = query(db, "certificates", "--certificate", number, "--by", "group")
    groups = {}
    for row in rows(db, "certificate JOIN prompt ON prompt_id = graph_id >> 20 JOIN group_member g ON g.member_id = prompt.group_id JOIN prompt_group p ON p.group_id = g.group_id",
                    f"certificate_id = {number}"):
        groups.setdefault(row["name"], []).append(row)
    check(len(listed) == len(groups) > 1, f"{len(listed)} groups are listed, want {len(groups)}")
    groups["all"] = rows(db, "certificate", f"certificate_id = {number}")
    for found in listed + query(db, "certificates", "--certificate", number):
        members = groups[found["group_name"]]
        n = len(members)
        check(found["n"] == n, "n of " + found["group_name"])
        whole = sum(r["m"] - r["none"] for r in members)
        for name, column in (("f_kept", "kept"), ("f_removed", "removed")):
            ratio = sum(r[column] - r["none"] for r in members) / whole
            rest = sum(((r[column] - r["none"]) - ratio * (r["m"] - r["none"])) ** 2 for r in members)
            half = t975(db, n - 1) * math.sqrt(n / (n - 1) * rest) / abs(whole)
            near(found[name], ratio, name)
            near(found[name + "_lo"], ratio - half, name + "_lo")
            near(found[name + "_hi"], ratio + half, name + "_hi")
        near(found["f_random"], sum(r["random_kept"] - r["none"] for r in members) / whole, "f_random")
        near(found["fails"], sum(abs(r["kept"] - r["m"]) > 0.2 * abs(r["m"] - r["none"]) for r in members) / n, "fails")
        near(found["lost"], sum(r["kept"] <= 0 < r["m"] for r in members) / sum(r["m"] > 0 for r in members), "lost")
        closer = sum(abs(r["kept"] - r["m"]) < abs(r["random_kept"] - r["m"]) for r in members)
        farther = sum(abs(r["removed"] - r["m"]) > abs(r["random_removed"] - r["m"]) for r in members)
        for name, k in (("closer", closer), ("farther", farther)):
            near(found[name], k / n, name)
            near(found[name + "_p"], sum(math.comb(n, i) * 0.9**i * 0.1 ** (n - i) for i in range(k, n + 1)), name + "_p", 1e-9)
    check(len({r["random_kept"] for r in groups["all"]}) > n / 2, "random graphs differ")
    clusters = {}
    for row in rows(db, "certificate JOIN prompt_value v ON v.prompt_id = graph_id >> 20 AND key = 'template'", f"certificate_id = {number}"):
        numerator, denominator = clusters.get(row["value"], (0, 0))
        clusters[row["value"]] = numerator + row["kept"] - row["none"], denominator + row["m"] - row["none"]
    ratio, whole, n = sum(x for x, _ in clusters.values()) / sum(d for _, d in clusters.values()), sum(d for _, d in clusters.values()), len(clusters)
    half = t975(db, n - 1) * math.sqrt(n / (n - 1) * sum((x - ratio * d) ** 2 for x, d in clusters.values())) / abs(whole)
    [found] = query(db, "certificates", "--certificate", number, "--cluster", "template")
    check(1 < found["n_clusters"] == n < PROMPTS, f"{found['n_clusters']} clusters, want {n}")
    near(found["f_kept_hi"] - found["f_kept"], half, "half of the interval by clusters")
    check(found["closer"] is not None and found["closer_p"] is None and found["farther_p"] is None, "no binomial p where prompts share clusters")


def check_smaller(folder):
    """Random graphs that are smaller than their graph are counted: at least those of graphs with more FFNs in a layer than
    the attention parts above it can reach."""
    db = run(os.path.join(folder, "agreement.db"), os.path.join(ROOT, "datasets/agreement.csv"), "--limit", PROMPTS, "--relevance", "answer", "--relevance-threshold", 0.04)
    command, told = ("certify", db, "--model", MODEL, "--graph", "answer", "--threshold", 0.04), {}
    parts = json.loads(call("sql", db, "SELECT a.graph_id, r.kind, r.layer FROM relevance a, hw_relevance(a.parts) r WHERE abs(r.share) > 0.04 AND r.kind IN ('attention', 'ffn')", "--format", "json").stdout)
    layers = {graph: [sum((r["graph_id"], r["kind"], r["layer"]) == (graph, kind, l) for r in parts) for l in range(4) for kind in ("ffn", "attention")] for graph in {r["graph_id"] for r in parts}}
    sure = sum(any(n[2 * l] > 1 + sum(n[2 * k + 1] for k in range(l + 1, 4)) for l in range(4)) for n in layers.values())
    for threads in (1, 3):
        found = re.search(r"^(\d+) of (\d+) random graphs are smaller than their graph: ", call(*command, "--random", 3, "--threads", threads).stderr, re.M)
        told[threads] = found and tuple(map(int, found.groups()))
        call("certify", db, "--delete", 1)
    check(told[1] == told[3] and told[1] and 0 < 3 * sure <= told[1][0] < told[1][1] == 3 * PROMPTS, f"{told} random graphs are smaller, {sure} times 3 surely")
    for options in (("--unit", "node"), ("--random", 0), ("--quiet",)):
        check("smaller" not in call(*command, *options).stderr, f"{options}: no random graph is said to be smaller")


def check_tiny_p(db, folder):
    """A p is never 0: 12,000 copies of one prompt whose graph is closer, and effects that hardly vary."""
    copy, n = os.path.join(folder, "copies.db"), 12000
    shutil.copy(db, copy)
    with sqlite3.connect(copy) as connection:
        [number, graph] = connection.execute("SELECT certificate_id, min(graph_id) FROM certificate JOIN certificate_run USING(certificate_id) WHERE n_random = 1 AND m IS NOT NULL GROUP BY 1").fetchone()
        for table, key in (("prompt", "prompt_id"), ("certificate", "graph_id")):
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            new = {"prompt_id": "100000 + i", "graph_id": "(100000 + i) << 20 | (graph_id & 1048575)", "kept_closer": "1", "removed_farther": "1"}
            where = f"prompt_id = {graph >> 20}" if table == "prompt" else f"graph_id = {graph} AND certificate_id = {number}"
            connection.execute(f"""WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < {n - 1})
                INSERT INTO {table} SELECT {", ".join(new.get(name, name) for name in names)} FROM c, (SELECT * FROM {table} WHERE {where})""")
        connection.execute("DELETE FROM certificate WHERE graph_id < 100000 << 20")
        connection.execute(f"INSERT INTO knockout(certificate_id, graph_id, kind, layer, number, effect) SELECT certificate_id, graph_id, 'head', 0, 0, 1 + (graph_id >> 20) % 2 * 1e-6 FROM certificate")
    connection.close()
    [found] = query(copy, "certificates", "--certificate", number)
    check(found["n"] == n and found["closer"] == 1, f"{found['n']} copies, all closer")
    check(found["closer_p"] == found["farther_p"] == sys.float_info.min, f"p of a share: {found['closer_p']}, {found['farther_p']}")
    [found] = query(copy, "head_effects", "--certificate", number)
    check(found["p"] == found["q"] == sys.float_info.min, f"p and q of an effect: {found['p']}, {found['q']}")


def t_two_sided(t, df):
    """By Simpson's rule over the angle whose tangent is t / sqrt(df): the density there is cos^(df - 1), up to a factor."""
    def integral(low, high, n=2000):
        return sum((1 if i in (0, n) else 4 if i % 2 else 2) * math.cos(low + (high - low) * i / n) ** (df - 1) for i in range(n + 1)) * (high - low) / n / 3

    return integral(math.atan(t / math.sqrt(df)), math.pi / 2) / integral(0, math.pi / 2)


def check_effects(db):
    """Means, shares, p and q of knock-outs from their rows."""
    [number] = {r["certificate_id"] for r in rows(db, "knockout JOIN certificate_run USING(certificate_id)", "baseline = 'zero'")}
    whole = {r["graph_id"]: r["m"] - r["none"] for r in rows(db, "certificate", f"certificate_id = {number}")}
    effects, listed = {}, query(db, "head_effects", "--certificate", number, "--limit", 0)
    for row in rows(db, "knockout", f"certificate_id = {number}"):
        effects.setdefault((f"L{row['layer']}H{row['number']}" if row["kind"] == "head" else f"FFN{row['layer']}"), []).append((row["effect"], whole[row["graph_id"]]))
    check(len(effects) == len(listed) == 36, "every head and FFN is listed")
    for found in listed:
        pairs = effects[found["component"]]
        n, total = len(pairs), sum(d for _, d in pairs)
        share = sum(e for e, _ in pairs) / total
        error = math.sqrt(n / (n - 1) * sum((e - share * d) ** 2 for e, d in pairs)) / abs(total)
        near(found["effect"], sum(e for e, _ in pairs) / n, "effect")
        near(found["share"], share, "share of an effect")
        near(found["share_hi"] - found["share"], t975(db, n - 1) * error, "half of its interval")
        if error:
            near(found["p"], t_two_sided(abs(share) / error, n - 1), f"p of {found['component']}", 1e-9)
        else:
            check(found["p"] == 1 and found["q"] == 1, f"p and q of {found['component']} are 1, as no prompt has an effect")
        near(found["helps"], sum(e > 0 for e, _ in pairs) / n, "helps")
    ordered = sorted(listed, key=lambda r: math.inf if r["p"] is None else r["p"])
    check(0 < sum(r["p"] == 1 for r in listed) < len(listed), "some heads have no effect in any prompt")
    for i, found in enumerate(ordered):
        near(found["q"], min(r["p"] * len(ordered) / (k + 1) for k, r in enumerate(ordered) if k >= i), "q", 1e-9)


def wilson(share, n, z=1.959963984540054):
    middle, half = share + z * z / 2 / n, z * math.sqrt(share * (1 - share) / n + z * z / 4 / n / n)
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def check_wrong_answers(folder):
    """A model that is often wrong: what a graph can lose, no p without random graphs, intervals of fails by clusters, prompts without a cluster."""
    with open(os.path.join(ROOT, "datasets/addition.csv"), encoding="utf-8") as file:
        data = list(csv.DictReader(file))[:60]
    path = os.path.join(folder, "addition.csv")
    for i, row in enumerate(data):
        row["block"], row["some"] = f"b{i // 6}", "" if i < 20 else f"s{i // 4}"
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, data[0].keys())
        writer.writeheader()
        writer.writerows(data)
    db = os.path.join(folder, "addition.db")
    call("run", "--model", MODEL, "--data", path, "--db", db, "--threshold", 0.04, "--floor", 0.01, "--neuron-projections", "none", "--project", "none", "--quiet")
    certify(db, "--graph", "routes", "--baseline", "zero", "--random", 0, "--knockout", 1)
    members, [found] = rows(db, "certificate"), query(db, "certificates")
    n, right = len(members), sum(r["m"] > 0 for r in members)
    check(n == 60 and 0 < right < n, f"{right} of {n} prompts are right")
    near(found["beats_foil"], right / n, "beats_foil")
    near(found["lost"], sum(r["kept"] <= 0 < r["m"] for r in members) / right, "lost, of those with m > 0")
    check(all(found[name] is None for name in ("f_random", "closer", "closer_p", "farther", "farther_p")), "nothing is compared without random graphs")
    values = {}
    for row in rows(db, "prompt_value"):
        values.setdefault(row["key"], {})[row["prompt_id"]] = row["value"]
    for column in ("block", "some"):
        clusters = {}
        for r in members:
            value = values[column].get(r["graph_id"] >> 20) or r["graph_id"]
            clusters.setdefault(value, []).append(abs(r["kept"] - r["m"]) > 0.2 * abs(r["m"] - r["none"]))
        p, share = len(clusters), sum(map(sum, clusters.values())) / n
        spread = p / (p - 1) * sum((sum(c) - share * len(c)) ** 2 for c in clusters.values()) / n**2
        low, high = wilson(share, max(1, min(n, n * share * (1 - share) / (n - 1) / spread)))
        [found] = query(db, "certificates", "--cluster", column)
        check(found["n_clusters"] == p == (10 if column == "block" else 30), f"{found['n_clusters']} clusters of {column}, want {p}")
        near(found["fails_lo"], low, f"fails_lo by {column}")
        near(found["fails_hi"], high, f"fails_hi by {column}")
        check(all(r["n_clusters"] == p for r in query(db, "head_effects", "--cluster", column)), f"clusters of head_effects by {column}")


def check_curves(db):
    """A curve begins at none, ends at m, and its areas are those of its trapezoids."""
    for curve in ("components", "set", "parts"):
        certify(db, "--unit", "node", "--random", 0, "--curve", curve, "--pairs", 3 if curve == "set" else 0)
    points = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
    for of_run in rows(db, "certificate_run", "curve <> 'none'"):
        number = of_run["certificate_id"]
        certificates = {r["graph_id"]: r for r in rows(db, "certificate", f"certificate_id = {number}")}
        curves = {}
        for row in rows(db, "certificate_curve", f"certificate_id = {number}"):
            curves.setdefault(row["graph_id"], {})[row["n_kept"]] = row
        check(curves.keys() == certificates.keys() and len(curves) == PROMPTS, "each prompt has a curve")
        areas = {r["prompt_id"]: r for r in query(db, "faithfulness_areas", "--certificate", number, "--limit", 0)}
        total = [[0.0, 0.0] for _ in points]
        for graph_id, curve in curves.items():
            c, n = certificates[graph_id], next(iter(curve.values()))["n"]
            check(n == 36 * (((graph_id & 1048575) + 1) if of_run["curve"] == "parts" else 1), f"{n} parts of a curve")
            near(curve[0]["kept"], c["none"], "nothing is kept", 1e-5)
            near(curve[n]["kept"], c["m"], "all is kept", 1e-5)
            kept = [curve[int(p * 1000 + 0.5) * n // 1000]["kept"] for p in points]
            f = [(k - c["none"]) / (c["m"] - c["none"]) for k in kept]
            near(areas[graph_id >> 20]["cpr"], area(points, f), "cpr of a prompt")
            near(areas[graph_id >> 20]["cmd"], area(points, [abs(1 - x) for x in f]), "cmd of a prompt")
            for i, k in enumerate(kept):
                total[i][0] += k - c["none"]
                total[i][1] += c["m"] - c["none"]
        f = [k / d for k, d in total]
        for i, row in enumerate(query(db, "faithfulness_curve", "--certificate", number)):
            near(row["f"], f[i], "f of the set")
            near(row["cpr"], area(points, f), "cpr of the set")
            near(row["cmd"], area(points, [abs(1 - x) for x in f]), "cmd of the set")
    with sqlite3.connect(db) as connection:
        for effect, interaction, a, b in connection.execute("""SELECT p.effect, interaction, x.effect, y.effect FROM knockout_pair p JOIN knockout x ON x.certificate_id = p.certificate_id
                AND x.graph_id = p.graph_id AND (x.kind, x.layer, x.number) = (kind_a, layer_a, number_a) JOIN knockout y ON y.certificate_id = p.certificate_id
                AND y.graph_id = p.graph_id AND (y.kind, y.layer, y.number) = (kind_b, layer_b, number_b)"""):
            near(interaction, effect - a - b, "interaction")
        n = connection.execute("SELECT count(*) FROM knockout_pair").fetchone()[0]
    check(n == 3 * PROMPTS, f"{n} pairs, want {3 * PROMPTS}")


def check_mib(db, folder):
    """The circuit for MIB: nodes by its names, the input without a score, and the scores in the order of the ranking."""
    call("export", db, "--out", os.path.join(folder, "out"), "--tables", "mib_circuit,certificate,knockout")
    with open(os.path.join(folder, "out/mib_circuit.json"), encoding="utf-8") as file:
        circuit = json.load(file)
    check(set(circuit) == {"cfg", "nodes", "edges"} and circuit["edges"] == {}, "the keys of a circuit")
    check(circuit["cfg"] == {"n_layers": 4, "n_heads": 8, "parallel_attn_mlp": False, "d_model": 128}, f"cfg: {circuit['cfg']}")
    scored = [(name, node["score"]) for name, node in circuit["nodes"].items() if "score" in node]
    check(list(circuit["nodes"]) == ["input"] + [f"a{l}.h{h}" if h < 8 else f"m{l}" for l in range(4) for h in range(9)] + ["logits"] and len(scored) == 36, "nodes are in the order of the model")
    with sqlite3.connect(db) as connection:
        ranked = connection.execute("SELECT iif(kind = 'head', 'a' || layer || '.h' || number, 'm' || layer) FROM certificate_component WHERE certificate_id = (SELECT max(certificate_id) FROM certificate_component) ORDER BY rank").fetchall()
    check([name for name, _ in sorted(scored, key=lambda pair: -abs(pair[1]))] == [name for name, in ranked], "scores are in the order of the ranking")


def area(points, values):
    return sum((points[i] - points[i - 1]) * (values[i] + values[i - 1]) / 2 for i in range(1, len(points)))




def check_resume(db, folder):
    """The same rows by any number of threads, in several calls, and after a kill."""
    options = ("--random", 2, "--pairs", 2, "--curve", "set", "--unit", "node", "--baseline", "mean")
    copies = [os.path.join(folder, f"resume{i}.db") for i in range(3)]
    for copy in copies:
        with open(db, "rb") as source, open(copy, "wb") as target:
            target.write(source.read())
    digest = call("digest", copies[0]).stdout.split()[0]
    certify(copies[0], "--threads", 1, *options)
    certify(copies[1], "--threads", 3, "--limit", 7, *options)
    n = rows(copies[1], "certificate_run")
    check(len(n) == 1 and n[0]["complete"] == 0 and len(rows(copies[1], "certificate")) == 7, "--limit 7 certifies 7 prompts")
    certify(copies[1], "--threads", 3, *options)
    for _ in range(3): # the work may be done before the kill: then nothing is left to do
        process = subprocess.Popen([BINARY, "certify", copies[2], "--model", MODEL, "--threshold", "0.04", "--quiet", *map(str, options)])
        end = time.time() + 20
        while process.poll() is None and time.time() < end and not begun(copies[2]):
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
    certify(copies[2], *options)
    for table in TABLES:
        first = rows(copies[0], table)
        check(len(first) > 0, f"{table} has rows")
        for copy in copies[1:]:
            check(rows(copy, table) == first, f"{table} of {os.path.basename(copy)} has the rows of one call")
    check(rows(copies[2], "certificate_run")[0]["complete"] == 1, "complete")
    check(call("digest", copies[0]).stdout.split()[0] == digest, "the digest is that of before")
    again = certify(copies[0], *options)
    check(len(rows(copies[0], "certificate_run")) == 1 and "0 of" not in again.stdout, "the same settings have one number")
    call("certify", copies[0], "--delete", 1)
    check(all(not rows(copies[0], table) for table in TABLES + ("certificate_run",)), "--delete leaves nothing")
    check("there is no" in call("certify", copies[0], "--delete", 1, wanted=1).stderr, "nothing to delete is said")


def begun(db):
    try:
        return bool(rows(db, "certificate"))
    except sqlite3.Error:
        return False


def check_means(folder):
    """A mean over copies of one prompt is that prompt; prompts without a partner have a reason."""
    with open(os.path.join(ROOT, "datasets/ioi.csv"), encoding="utf-8") as file:
        data = list(csv.DictReader(file))[:4]
    path = os.path.join(folder, "means.csv")
    table = [data[0], data[0], dict(data[1], counterfactual=""), dict(data[2], counterfactual="The mill is old and so"), data[3], dict(data[3], counterfactual=data[3]["prompt"])]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table[0].keys())
        writer.writeheader()
        writer.writerows(table)
    db = run(os.path.join(folder, "means.db"), path, wanted=3) # an empty counterfactual
    certify(db, "--graph", "routes", "--unit", "node", "--baseline", "mean")
    said = call("certify", db, "--model", MODEL, "--threshold", 0.04, "--graph", "routes", "--unit", "node", "--baseline", "counterfactual").stderr
    check("3 of the new ones without numbers" in said and "the most frequent reason: t" in said, f"prompts without numbers, and why: {said}")
    damaged = os.path.join(folder, "damaged.db")
    shutil.copy(db, damaged)
    with sqlite3.connect(damaged) as connection:
        connection.execute("UPDATE certificate SET reason = char(27) || '[31mred' || char(10) || 'forged' WHERE certificate_id = 2 AND reason IS NOT NULL AND graph_id > (SELECT min(graph_id) FROM certificate WHERE certificate_id = 2 AND reason IS NOT NULL)")
        connection.execute("DELETE FROM certificate WHERE certificate_id = 2 AND graph_id = (SELECT min(graph_id) FROM certificate WHERE certificate_id = 2 AND reason IS NOT NULL)")
    connection.close()
    command = ("certify", damaged, "--model", MODEL, "--threshold", 0.04, "--graph", "routes", "--unit", "node", "--baseline", "counterfactual")
    said = call(*command).stderr
    check("the most frequent reason: ?[31mred?forged (" in said, f"a reason with control characters: {said!r}")
    said = call(*command).stderr
    check(" 0 of the new ones without numbers" in said and "reason" not in said, f"a reason where no prompt is new: {said!r}")
    mean, paired = rows(db, "certificate", "certificate_id = 1"), rows(db, "certificate", "certificate_id = 2")
    for i in range(2):
        for column in ("m", "none", "kept", "removed", "kept_kl", "random_kept"):
            near(mean[i][column], paired[i][column], f"{column} by the mean of two equal counterfactuals", 1e-4)
    with sqlite3.connect(db) as connection:
        groups = connection.execute("SELECT group_id, n_tokens FROM prompt WHERE counterfactual_of IS NULL ORDER BY prompt_id").fetchall()
    for i in range(2, 6):
        check((groups.count(groups[i]) > 1) == (mean[i]["reason"] is None), f"prompt {i}: a mean of two others, or a reason: {mean[i]['reason']}")
    check("no counterfactual" in (paired[2]["reason"] or "") and "another number" in (paired[3]["reason"] or ""), "reasons of prompts without a counterfactual")
    check("the same tokens" in (paired[5]["reason"] or ""), f"reason of a prompt that is its counterfactual: {paired[5]['reason']}")
    check(paired[4]["reason"] is None and all(paired[2][c] is None for c in ("m", "kept", "n_ffn", "m_reference")), "a reason stands in the place of numbers")
    listed = query(db, "certificates", "--certificate", 2)
    check(listed[0]["n"] == 3 and listed[0]["n_without"] == 3, "prompts without numbers are counted")
    failures = query(db, "certificate_failures", "--certificate", 2, "--tolerance", 1e9)
    check([f["prompt_id"] for f in failures] == [2, 3, 5] and all(f["reason"] for f in failures), "they are listed with their reasons")


def check_errors(db, folder):
    wrong = {("--model", os.path.join(ROOT, "datasets/models/headwater-llama")): (1, "is another one"), ("--model", MODEL, "--graph", "routes", "--threshold", 0.001): (1, "is below it"),
             ("--model", MODEL, "--baseline", "mean"): (2, "for --unit node"), ("--model", MODEL, "--graph", "routes", "--curve", "parts"): (2, "--curve parts")}
    for options, (code, words) in wrong.items():
        check(words in call("certify", db, *options, wanted=code).stderr, f"{options}: the message says \"{words}\"")
    check("want a number above 0 and below 1" in call("certify", db, "--model", MODEL, "--threshold", 0, wanted=2).stderr, "the range of --threshold")
    check("--model" in call("certify", db, wanted=2).stderr, "the model is asked for")
    plain = os.path.join(folder, "plain.db")
    call("run", "--model", MODEL, "--data", os.path.join(ROOT, "datasets/ioi.csv"), "--db", plain, "--limit", 3, "--neuron-projections", "none", "--quiet")
    for options, needs in (((), "--graph contrast"), (("--graph", "routes"), "--baseline counterfactual")):
        said = call("certify", plain, "--model", MODEL, *options, wanted=1).stderr
        check(f"plain.db: no prompt has a counterfactual, which {needs} needs" in said and "run --counterfactual" in said, f"a database without counterfactuals: {said}")
    check(not rows(plain, "sqlite_schema", "name = 'certificate_run'"), "nothing is stored then")
    for options in ((), ("--knockout", 2), ("--baseline", "mean", "--unit", "node")):
        check("about" in call("certify", db, "--model", MODEL, "--dry-run", "--random", 9, *options).stdout, "--dry-run says what it will take")
    check(not rows(db, "certificate_run", "n_random = 9"), "--dry-run stores nothing")
    before = rows(db, "certificate_run")
    for options in (("--dry-run",), ("--model", MODEL), ("--limit", 3), ("--graph", "routes")):
        check(f"--delete goes without {options[0]}" in call("certify", db, "--delete", 1, *options, wanted=2).stderr, f"--delete {options} is refused")
    check(rows(db, "certificate_run") == before, "what is refused deletes nothing")


TAMPERED = {  # what check says of it
    "UPDATE certificate SET n_attention = -3 WHERE graph_id >> 20 = 1": "parts of the graph is -3 attention",
    "UPDATE certificate SET kept_closer = 9 WHERE graph_id >> 20 = 1 AND certificate_id = 1": "kept_closer and removed_farther is 9 and",
    "UPDATE certificate SET removed_farther = NULL WHERE graph_id >> 20 = 1 AND certificate_id = 1": "and NULL",
    "UPDATE certificate SET kept_closer = 0 WHERE graph_id >> 20 = 1 AND certificate_id = 2": "kept_closer and removed_farther is 0 and NULL",
    "UPDATE certificate SET m = m + 0.5 WHERE graph_id >> 20 = 1": ": m is",
    "UPDATE certificate SET m_reference = m_reference - 0.5 WHERE graph_id >> 20 = 1": ": m_reference is",
    "DELETE FROM certificate WHERE graph_id >> 20 = 1": "1 of the prompts without a row in certificate",
    "DELETE FROM certificate WHERE graph_id >> 20 = 1 AND certificate_id = 1": "none: no certificate of the graph has numbers",
    "UPDATE knockout SET graph_id = graph_id + (1 << 20) WHERE graph_id >> 20 = 3 AND certificate_id = 1": "knockout 1, graph",
    "UPDATE certificate_component SET rank = 3 - rank WHERE rank < 3": ": rank is",
    "UPDATE certificate_component SET sum = -sum * 1000 WHERE rank = 4": ": rank is",
    "UPDATE certificate_component SET sum = sum + iif(sum < 0, -50000, 50000) WHERE rank = 1": ": sum is",
}


def check_tampered(folder):
    """headwater check finds what other rows of certificates contradict, and nothing in what certify made."""
    source, copy = os.path.join(folder, "sound.db"), os.path.join(folder, "tampered.db")
    run(source, os.path.join(ROOT, "datasets/ioi.csv"), "--limit", 4, "--relevance", "both")
    certify(source, "--random", 2, "--pairs", 2, "--curve", "set")
    certify(source, "--graph", "routes", "--random", 0)
    call("check", source)
    for statement, words in TAMPERED.items():
        with open(source, "rb") as whole, open(copy, "wb") as target:
            target.write(whole.read())
        with sqlite3.connect(copy) as connection:
            connection.execute(statement)
        connection.close()
        done = call("check", copy, wanted=1)
        check(words in done.stdout + done.stderr, f"{statement}: check does not say \"{words}\": {(done.stdout + done.stderr)[-400:]}")


SPOILED = [
    "UPDATE certificate SET m = NULL, none = 1e308, kept = -1e308", "UPDATE certificate SET graph_id = -5 WHERE graph_id >> 20 = 1", "UPDATE certificate SET m = 9e999, kept = -9e999",
    "UPDATE certificate SET answer_id = 1 << 62, kept_id = -1, kept_closer = 1 << 62", "UPDATE certificate_run SET threshold = -1e300, n_random = 1 << 62", "UPDATE certificate SET none = m",
    "UPDATE knockout SET layer = 1 << 40, effect = 1e308", "DELETE FROM certificate_component WHERE rank = 3", "UPDATE certificate_component SET layer = 77 WHERE rank = 2",
    "UPDATE certificate_component SET sum = -9223372036854775807 - 1", "UPDATE certificate_curve SET n = 0", "UPDATE certificate_curve SET n = 1 << 62, n_kept = -n_kept", "ALTER TABLE certificate DROP COLUMN kept",
    "DROP TABLE certificate", "DROP TABLE certificate_curve", "ALTER TABLE certificate_run RENAME COLUMN complete TO done", "UPDATE prompt SET tokens = x'02ffff'", "UPDATE prompt SET n_tokens = 3",
    "UPDATE answer SET answer_id = 99999999", "UPDATE prompt SET counterfactual_of = 0 WHERE counterfactual_of > 0", "UPDATE run SET n_layers = 7, n_heads = 3"]


def check_hostile(db, folder):
    """Tables may hold anything: an answer or one clean line, never a crash."""
    source = os.path.join(folder, "whole.db")
    run(source, os.path.join(ROOT, "datasets/ioi.csv"), "--limit", 4)
    certify(source, "--random", 1, "--pairs", 2, "--curve", "set")
    for turn, statement in enumerate(SPOILED):
        copy = os.path.join(folder, "spoiled.db")
        with open(source, "rb") as whole, open(copy, "wb") as target:
            target.write(whole.read())
        with sqlite3.connect(copy) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            connection.execute(statement)
        connection.close()
        commands = [("query", copy, name) for name in ("certificates", "certificate_failures", "head_effects", "interactions", "faithfulness_curve", "faithfulness_areas")]
        calls = [("certify", copy, "--model", MODEL, "--pairs", "2", "--curve", "set", "--threshold", "0.04", "--quiet"), ("certify", copy, "--model", MODEL, "--graph", "routes", "--quiet"),
                     ("certify", copy, "--model", MODEL, "--unit", "node", "--baseline", "mean", "--quiet"), ("certify", copy, "--delete", "1")]
        commands += [calls[turn % 4], calls[(turn + 1) % 4]] if "prompt" not in statement else calls
        for command in commands:
            done = subprocess.run([BINARY, *command], capture_output=True, text=True, timeout=300)
            check(done.returncode in (0, 1), f"{statement}: {command[0]} {command[2:]}: exit {done.returncode}: {done.stderr[-300:]}")
            check(done.returncode == 0 or [line for line in done.stderr.splitlines() if line.startswith("headwater")], f"{statement}: {command}: no message: {done.stderr}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        db = run(os.path.join(folder, "ioi.db"), os.path.join(ROOT, "datasets/ioi.csv"), "--limit", PROMPTS, "--group-by", "group")
        check_resume(db, folder)
        check_trace(db)
        check_statistics(db)
        check_smaller(folder)
        check_tiny_p(db, folder)
        check_effects(db)
        check_wrong_answers(folder)
        check_curves(db)
        check_mib(db, folder)
        check_means(folder)
        check_errors(db, folder)
        check_tampered(folder)
        check_hostile(db, folder)
    return verdict()


sys.exit(main())
