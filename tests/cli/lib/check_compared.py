# SPDX-License-Identifier: Apache-2.0
"""check_compared.py BINARY DATABASE MODE CSV: what `compare --by group=ABBA,BABA --components relevance` (unpaired, no clusters) printed, worked out again
from the rows of the table `relevance`: means, Welch's interval, Hedges' g, p of all relabellings, and q."""
import csv
import itertools
import json
import math
import statistics
import subprocess
import sys

binary, database, mode, found = sys.argv[1:]


def sql(text):
    return json.loads(subprocess.run([binary, "sql", database, text, "--format", "json"], capture_output=True, check=True).stdout)


def tail(t, df):  # P(T > t), Simpson's rule over the angle
    n, limit = 4000, math.atan(t / math.sqrt(df))
    step = (math.pi / 2 - limit) / n
    f = lambda i: max(0.0, math.cos(limit + i * step)) ** (df - 1)
    area = step / 3 * sum(f(i) * (1 if i in (0, n) else 4 if i % 2 else 2) for i in range(n + 1))
    return area * math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)


def quantile(df):
    low, high = 0.0, 100.0
    while high - low > 1e-11:
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle, df) > 0.025 else (low, middle)
    return low


rows = list(csv.DictReader(open(found, newline="", encoding="utf-8")))
groups = {x["prompt_id"]: x["value"] for x in sql("SELECT prompt_id, value FROM prompt JOIN group_value USING(group_id) WHERE column_name = 'group' AND counterfactual_of IS NULL")}
sides = [[p for p in groups if groups[p] == side] for side in ("ABBA", "BABA")]
values = {}
for x in sql(f"SELECT a.prompt_id, r.kind, r.layer, r.head, r.neuron, r.r FROM relevance a, "
             f"hw_relevance(a.parts) r WHERE a.mode = '{mode}' AND r.kind IN ('head', 'ffn_total', 'neuron')"):
    name = {"head": f"L{x['layer']}H{x['head']}", "ffn_total": f"FFN{x['layer']}", "neuron": f"L{x['layer']}N{x['neuron']}"}[x["kind"]]
    of = values.setdefault(name, dict.fromkeys(groups, 0.0))
    of[x["prompt_id"]] += x["r"]
neurons = "N" in rows[0]["name"].replace("FFN", "")
wanted = {n for n in values if ("N" in n.replace("FFN", "")) == neurons}
problems = [] if {r["name"] for r in rows} == wanted else [("other components", wanted ^ {r["name"] for r in rows})]
na, nb = map(len, sides)
splits = [set(s) for s in itertools.combinations(groups, na)]
for row in rows:
    v = values[row["name"]]
    a, b = ([v[p] for p in side] for side in sides)
    want = {"mean_a": statistics.mean(a), "mean_b": statistics.mean(b)}
    want["difference"] = want["mean_a"] - want["mean_b"]
    va, vb = statistics.variance(a) / na, statistics.variance(b) / nb
    if va + vb > 0 and not neurons:
        df = (va + vb) ** 2 / (va * va / (na - 1) + vb * vb / (nb - 1))
        half = quantile(df) * math.sqrt(va + vb)
        pooled = math.sqrt(((na - 1) * va * na + (nb - 1) * vb * nb) / (na + nb - 2))
        j = math.exp(math.lgamma((na + nb - 2) / 2) - math.lgamma((na + nb - 3) / 2)) / math.sqrt((na + nb - 2) / 2)
        want.update(ci_lo=want["difference"] - half, ci_hi=want["difference"] + half, effect=j * want["difference"] / pooled, df=df)
        total = sum(v.values())
        p = sum(abs(s / na - (total - s) / nb) >= abs(want["difference"]) - 1e-12 for s in (sum(v[i] for i in split) for split in splits)) / len(splits)
        if abs(float(row["p"]) - p) > 5 * math.sqrt(p * (1 - p) / 10000) + 2e-4:
            problems.append((row["name"], "p", row["p"], p))
    problems += [(row["name"], k, row[k], x) for k, x in want.items() if not abs(float(row[k]) - x) <= 1e-7 * max(1, abs(x))]
least = 1.0
for rank in range(len(rows), 0, -1):
    least = min(least, float(rows[rank - 1]["p"]) * len(rows) / rank)
    if abs(float(rows[rank - 1]["q"]) - least) > 1e-12:
        problems.append((rows[rank - 1]["name"], "q", rows[rank - 1]["q"], least))
print(len(rows), "components of", na, "and", nb, "prompts:", problems[:5] or "as worked out again")
