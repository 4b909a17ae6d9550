# SPDX-License-Identifier: Apache-2.0
"""An independent witness of `headwater compare` (scipy and numpy; by hand, not part of ctest):

    python3 tests/stats/witness.py BINARY DB COLUMN A B [cluster column | none] [pair column | none] [importance | flow]

Reads the per-prompt importances with SQL, works every column out again in its own way, and compares. The permutation p has other
random numbers: it must agree within five standard deviations of the two estimates."""
import csv
import io
import subprocess
import sys

import numpy as np
from scipy import special, stats

binary, db, column, a, b = sys.argv[1:6]
cluster = sys.argv[6] if len(sys.argv) > 6 else "template"
pair = sys.argv[7] if len(sys.argv) > 7 else "pair_id"
measure = sys.argv[8] if len(sys.argv) > 8 else "importance"


def run(*arguments):
    text = subprocess.run([binary, *arguments], check=True, capture_output=True).stdout.decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def sql(query):
    return run("sql", db, query, "--format", "csv")


values = {}
for row in sql("SELECT p.prompt_id AS i, g.column_name AS k, g.value AS v FROM prompt p JOIN group_value g USING(group_id) "
               "UNION ALL SELECT prompt_id, key, value FROM prompt_value"):
    values.setdefault(int(row["i"]), {})[row["k"]] = row["v"]
heads = [(int(r["layer"]), int(r["head"])) for r in sql("SELECT layer, head FROM model_head ORDER BY 1, 2")]
place = {h: i for i, h in enumerate(heads)}
targets = {int(r["i"]): int(r["n"]) for r in sql("SELECT prompt_id AS i, count(*) AS n FROM graph_info GROUP BY 1")}
x = {i: np.zeros(len(heads)) for i in targets}
for row in sql(f"SELECT prompt_id, layer, head, {measure} AS v FROM head"):
    i = int(row["prompt_id"])
    x[i][place[int(row["layer"]), int(row["head"])]] += float(row["v"]) / targets[i]
sides = [[i for i in sorted(x) if values[i].get(column) == v] for v in (a, b)]
paired = pair != "none"
if paired:
    by_pair = [{values[i][pair]: i for i in side} for side in sides]
    keys = [values[i][pair] for i in sides[0] if values[i][pair] in by_pair[1]]
    sides = [[d[k] for k in keys] for d in by_pair]
xa, xb = (np.array([x[i] for i in side]) for side in sides)
na, nb = len(xa), len(xb)
names = [[values[i].get(cluster) for i in side] for side in sides]
clustered = cluster != "none"
want = {"mean_a": xa.mean(0), "mean_b": xb.mean(0), "difference": xa.mean(0) - xb.mean(0)}
rng = np.random.default_rng(0)
N = 4000
d = xa - xb if paired else None
labels = sorted(set(names[0]) | set(names[1])) if clustered else []
member = [np.array([[n == g for g in labels] for n in side], float) for side in names] if clustered else None
G = len(labels)
difference = want["difference"]
if paired:
    want["effect"] = d.mean(0) / np.where(d.std(0, ddof=1) > 0, d.std(0, ddof=1), np.nan)
else:
    df = na + nb - 2
    pooled = np.sqrt(((na - 1) * xa.var(0, ddof=1) + (nb - 1) * xb.var(0, ddof=1)) / df)
    want["effect"] = np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(df / 2) * difference / np.where(pooled > 0, pooled, np.nan)
if clustered:
    # Least squares with a dummy of the side (paired: a constant), sandwich variance by cluster.
    y = d if paired else np.vstack([xa, xb])
    design = np.ones((na, 1)) if paired else np.column_stack([np.r_[np.ones(na), np.zeros(nb)], np.ones(na + nb)])
    of = member[0] if paired else np.vstack(member)
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ design.T @ y
    residual = y - design @ beta
    n, k = design.shape
    variance = []
    for c in range(y.shape[1]):
        score = of.T @ (design * residual[:, c:c + 1])
        variance.append((bread @ (score.T @ score) @ bread)[0, 0])
    se = np.sqrt(np.array(variance) * G / (G - 1) * (n - 1) / (n - k))
    dof = np.full(len(se), G - 1.0)
elif paired:
    se, dof = d.std(0, ddof=1) / np.sqrt(na), np.full(d.shape[1], na - 1.0)
else:
    va, vb = xa.var(0, ddof=1) / na, xb.var(0, ddof=1) / nb
    se = np.sqrt(va + vb)
    with np.errstate(invalid="ignore"):
        dof = np.where(se > 0, (va + vb) ** 2 / (va ** 2 / (na - 1) + vb ** 2 / (nb - 1)), na + nb - 2)
quantile = stats.t.ppf(0.975, dof)
for _ in range(2):  # scipy 1.10's quantile is good to nine digits only
    quantile += (0.975 - stats.t.cdf(quantile, dof)) / stats.t.pdf(quantile, dof)
half = quantile * se
want.update(standard_error=se, df=dof, ci_lo=difference - half, ci_hi=difference + half)
if clustered or paired:
    if not clustered:
        score = d / na
    elif paired:
        score = member[0].T @ d / na
    else:
        m = np.vstack([xa, xb]).mean(0)
        score = member[0].T @ (xa - m) / na - member[1].T @ (xb - m) / nb
    drawn = rng.choice([-1.0, 1.0], (N, len(score))) @ score
else:
    both = np.vstack([xa, xb])
    drawn = np.array([(lambda o: both[o[:na]].mean(0) - both[o[na:]].mean(0))(rng.permutation(na + nb)) for _ in range(N)])
p = (1 + (np.abs(drawn) >= np.abs(difference) - 1e-12).sum(0)) / (N + 1)

found = run("compare", db, "--by", f"{column}={a},{b}", "--cluster", cluster, "--pairs", pair, "--measure", measure, "--save", "no", "--format", "csv")
assert len(found) == len(heads)
worst = dict.fromkeys(want, 0.0)
far = 0.0
ps = np.array([float(r["p"]) for r in found])
order = np.argsort(ps)
q = np.empty(len(ps))
q[order] = np.minimum.accumulate((ps[order] * len(ps) / np.arange(1, len(ps) + 1))[::-1])[::-1]
for k, row in enumerate(found):
    i = place[int(row["layer"]), int(row["head"])]
    for name in want:
        wanted = want[name][i]
        if name == "effect" and difference[i] == 0:
            wanted = 0.0
        got = float(row[name]) if row[name] else float("nan")
        error = 0.0 if np.isnan(got) and np.isnan(wanted) else abs(got - wanted) / max(1e-3, abs(wanted))
        worst[name] = max(worst[name], error)
        if not error <= 1e-9:
            sys.exit(f"{row['name']}: {name} is {got}, the witness says {wanted}")
    spread = np.sqrt(p[i] * (1 - p[i]) * (1 / N + 1 / 10000)) + 2 / N
    far = max(far, abs(float(row["p"]) - p[i]) / spread)
    if not far <= 5:
        sys.exit(f"{row['name']}: p is {row['p']}, the witness says {p[i]:.4f}")
    if not abs(float(row["q"]) - q[k]) <= 1e-12:
        sys.exit(f"{row['name']}: q is {row['q']}, the witness says {q[k]}")
print(f"{len(heads)} heads, {na} and {nb} prompts, {'paired' if paired else 'unpaired'}, {G or 'no'} clusters: largest relative error",
      f"{max(worst.values()):.1e}; p at most {far:.1f} standard deviations apart")
