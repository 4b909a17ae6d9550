# SPDX-License-Identifier: Apache-2.0
# Spearman's rank correlation against the definition, with many equal values.
"$HW" run --model gpt2 --data ioi.csv --limit 60 --db ioi.db --group-by group --quiet --threads "$T"
for components in heads neurons edges; do
  "$HW" query ioi.db rank_correlation --components $components --format csv >$components
done
"$HW" query ioi.db rank_correlation --group group=ABBA --format csv >group
"$PY" - <<'END'
import csv, sqlite3
def ranks(values):
    order = sorted(values)
    return [order.index(v) + (order.count(v) + 1) / 2 for v in values]
def pearson(a, b):
    n, ma, mb = len(a), sum(a) / len(a), sum(b) / len(b)
    return sum((x - ma) * (y - mb) for x, y in zip(a, b)) / (sum((x - ma) ** 2 for x in a) * sum((y - mb) ** 2 for y in b)) ** 0.5
c = sqlite3.connect("ioi.db")
g = c.execute("SELECT group_id FROM prompt_group WHERE name = 'group=ABBA'").fetchone()[0]
for name, view in (("heads", "head_importance"), ("neurons", "neuron_importance"), ("edges", "edge_frequency"), ("group", f"head_importance_by_group WHERE group_id = {g}")):
    columns = dict(zip(("importance", "flow", "frequency"), map(ranks, zip(*c.execute(f"SELECT mean, flow_mean, frequency FROM {view}")))))
    rows = list(csv.DictReader(open(name)))
    print(name, [(r["a"], r["b"]) for r in rows], "as defined:", all(abs(float(r["spearman"]) - pearson(columns[r["a"]], columns[r["b"]])) < 1e-12 for r in rows))
END
"$HW" run --model gpt2 --data ioi.csv --limit 1 --db one.db --group-by none --quiet
"$HW" query one.db rank_correlation --components edges --format csv | tail -n 1 | cut -d, -f 1-2
