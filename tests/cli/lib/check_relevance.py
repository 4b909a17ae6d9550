# SPDX-License-Identifier: Apache-2.0
"""check_relevance.py BINARY DATABASE MODEL: the relevances that a run stored.

1. Those of some prompts are what `trace --relevance both --json` says, rounded to 1e-6.
2. agg_relevance is the sum of the rows, for every group.
3. Shares and intervals of the views are those of METHOD section 13, from the rows."""
import collections
import json
import math
import subprocess
import sys

binary, database, model = sys.argv[1:]
problems = []


def want(true, *text):
    if not true and len(problems) < 20:
        problems.append(" ".join(str(x) for x in text))


def sql(text):
    done = subprocess.run([binary, "sql", database, text, "--format", "json"], capture_output=True, check=True)
    return json.loads(done.stdout)


def micro(x):  # half away from zero
    return int(math.floor(abs(x) * 1e6 + 0.5)) * (1 if x >= 0 else -1)


def near(a, b):  # a rounding may fall on either side where the printed number is a half
    return abs(a - b) <= 1


values = "hw_relevance(a.parts, (SELECT CAST(value AS REAL) FROM setting WHERE name = 'relevance-floor')) r"
rows = collections.defaultdict(list)
for row in sql(f"SELECT a.prompt_id, a.mode, r.* FROM relevance a, {values} ORDER BY a.graph_id, a.mode, r.rowid"):
    for name in ("r", "value", "key", "query"):
        row[name] = None if row[name] is None else micro(row[name])
    rows[row["prompt_id"], row["mode"]].append(row)
whole = {(x["prompt_id"], x["mode"]): x["m"] - (x["m_reference"] or 0) for x in sql("SELECT prompt_id, mode, m, m_reference FROM relevance WHERE reason IS NULL")}
prompts = {x["prompt_id"]: x for x in sql("SELECT p.prompt_id, p.text, p.group_id, a.answer_id, a.foil_id, c.text AS other FROM prompt p JOIN answer a USING(prompt_id) "
                                          "JOIN prompt c ON c.counterfactual_of = p.prompt_id WHERE p.counterfactual_of IS NULL")}
want(len(whole) == 2 * len(prompts), "prompts with numbers:", len(whole), "of", 2 * len(prompts))

# 1.
for number in sorted(prompts)[:2]:
    p = prompts[number]
    ids = {which: ",".join(str(x["token_id"]) for x in sql(f"SELECT h.token_id FROM prompt p, hw_tokens(p.tokens) h WHERE p.prompt_id = {n} ORDER BY h.position"))
           for which, n in (("own", number), ("other", number + len(prompts)))}
    traced = json.loads(subprocess.run([binary, "trace", "--model", model, "--tokens", ids["own"], "--counterfactual-tokens", ids["other"], "--answer-token", str(p["answer_id"]),
                                        "--foil-token", str(p["foil_id"]), "--relevance", "both", "--threads", "1", "--json"], capture_output=True, check=True).stdout)["relevance"]
    for mode in ("answer", "contrast"):
        found, stored = traced[mode], rows[number, mode]
        want(math.isclose(whole[number, mode], traced["m"] - (traced["m_reference"] if mode == "contrast" else 0), rel_tol=1e-12), "prompt", number, mode, "margin")
        parts = [x for x in stored if x["kind"] in ("ffn", "attention", "query")]
        want(len(parts) == len(found["parts"]), "prompt", number, mode, "parts:", len(parts), len(found["parts"]))
        for mine, its in zip(parts, found["parts"]):
            want(mine["kind"] == its["kind"] and mine["layer"] == its["layer"] and mine["head"] == its.get("head") and mine["source"] == its["source"] and
                 mine["target"] == its["target"] and mine["r"] == micro(its["r"]) and math.isclose(mine["share"], its["share"], rel_tol=1e-12) and
                 ("value" not in its or (mine["value"], mine["key"]) == (micro(its["value"]), micro(its["key"]))), "prompt", number, mode, mine, its)
        for mine, its in zip([x for x in stored if x["kind"] == "neuron"], found["neurons"], strict=True):
            want((mine["layer"], mine["target"], mine["neuron"]) == (its["layer"], its["position"], its["neuron"]) and near(mine["r"], micro(its["r"])), "neuron", mine, its)
        for mine in (x for x in stored if x["kind"] == "head"):
            for name, key in (("heads", "r"), ("value", "value"), ("key", "key"), ("query", "query")):
                if name in found:
                    want(near(mine[key], micro(found[name][mine["layer"]][mine["head"]])), "prompt", number, mode, name, mine)
        want(all(near(x["r"], micro(found["ffn"][x["layer"]])) for x in stored if x["kind"] == "ffn_total"), "prompt", number, mode, "ffn")
        want(all(near(x["r"], micro(found["tokens"][x["source"]])) for x in stored if x["kind"] == "token"), "prompt", number, mode, "tokens")
        biases = [x["r"] for x in stored if x["kind"] == "bias"]
        want(mode == "contrast" and not biases or near(biases[0], micro(found["biases"])), "prompt", number, mode, "biases")
print("two prompts as trace says them:", not problems)

# 2.
members = collections.defaultdict(list)
for x in sql("SELECT group_id, member_id FROM group_member"):
    members[x["member_id"]].append(x["group_id"])


def unit(micros):  # 1e-4, half away from zero
    return (abs(micros) + 50) // 100 * (1 if micros >= 0 else -1)


observed = collections.defaultdict(lambda: [0, 0, 0, 0, 0])
single = collections.defaultdict(dict)
for (number, mode), stored in rows.items():
    threshold, d = 0.04, unit(micro(whole[number, mode]))
    share = lambda r: abs(r / 1e6 / whole[number, mode])
    per = {("margin", 0, 0): [d, True]}
    for x in stored:
        if x["kind"] == "head":
            per["head", x["layer"], x["head"]] = [unit(x["r"]), False]
            for way in ("value", "key", "query"):
                if x[way] is not None:
                    per[way, x["layer"], x["head"]] = [unit(x[way]), share(x[way]) > threshold]
        elif x["kind"] == "ffn_total":
            per["ffn", x["layer"], 0] = [unit(x["r"]), False]
    neurons = collections.Counter()
    in_graph = {(x["layer"], x["target"]) for x in stored if x["kind"] == "ffn" and share(x["r"]) > threshold}
    for x in stored:
        if x["kind"] == "neuron" and (x["layer"], x["target"]) in in_graph:
            neurons[x["layer"], x["neuron"]] += x["r"]
        if x["kind"] in ("attention", "ffn") and share(x["r"]) > threshold:
            per["head" if x["kind"] == "attention" else "ffn", x["layer"], x["head"] or 0][1] = True
    for (layer, neuron), r in neurons.items():
        per["neuron", layer, neuron] = [unit(r), share(r) > threshold]
    for key, (r, on) in per.items():
        for group in (-1, *members[prompts[number]["group_id"]]):
            sums = observed[group, mode, *key]
            for i, more in enumerate((1, on, r, r * r, r * d)):
                sums[i] += more
            single[group, mode, *key][number] = (r, d)
stored = {(x["group_id"], x["mode"], x["kind"], x["layer"], x["idx"]):
          [x["n"], x["n_on"], x["sum"], x["ssq_hi"] * 2**40 + x["ssq_lo"], x["product_hi"] * 2**40 + x["product_lo"]] for x in sql("SELECT * FROM agg_relevance")}
before = len(problems)
want(stored.keys() == observed.keys(), "rows of agg_relevance:", len(stored), len(observed))
for key in stored:
    want(stored[key] == observed[key], "agg_relevance", key, stored[key], observed[key])
print("sums of", len({key[0] for key in stored}), "groups are those of the rows:", len(problems) == before)

# 3.
before = len(problems)
t975 = {x["n"]: x["t975"] for x in sql("SELECT df + 1 AS n, t975 FROM t_quantile")}
view = sql("SELECT * FROM relevance_statistic")
for x in view:
    pairs = single[x["group_id"], x["mode"], x["kind"], x["layer"], x["idx"]]
    margins = [rd[1] for rd in single[x["group_id"], x["mode"], "margin", 0, 0].values()]
    all_pairs = list(pairs.values()) + [(0, d) for n, (_, d) in single[x["group_id"], x["mode"], "margin", 0, 0].items() if n not in pairs]
    n, total = len(margins), sum(margins)
    f = sum(r for r, _ in all_pairs) / total
    want(x["n"] == n and math.isclose(x["share"], f, rel_tol=1e-9, abs_tol=1e-12), "share", x)
    if n > 1:
        half = t975[n] * math.sqrt(n / (n - 1) * sum((r - f * d) ** 2 for r, d in all_pairs)) / abs(total)
        want(math.isclose(x["share_hi"] - x["share"], half, rel_tol=1e-6, abs_tol=1e-9) and math.isclose(x["share"] - x["share_lo"], half, rel_tol=1e-6, abs_tol=1e-9), "interval", x, half)
    else:
        want(x["share_lo"] is None, "an interval of one prompt", x)
print(len(view) > 500, "shares and intervals are those of the rows:", len(problems) == before)
for problem in problems:
    print("BUT", problem)
