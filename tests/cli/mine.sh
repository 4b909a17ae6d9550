# SPDX-License-Identifier: Apache-2.0
# Recurring circuits of a real run. (tests/mine looks at what is found, tests/unit/test_mine.c at whether it is all.)
"$PY" - <<'END'
import csv
rows = list(csv.DictReader(open("ioi.csv", newline="")))[:60]
out = csv.writer(open("roles.csv", "w", newline=""))
out.writerow(["prompt", "answer", "foil", "group", "role.IO", "role.S1", "role.S2"])
out.writerows([r["prompt"], r["answer"], r["foil"], r["group"], r["role.IO"], r["role.S1"], r["role.S2"]] for r in rows)
END
"$HW" run --model gpt2 --data roles.csv --db r.db --neuron-projections none --quiet --threads "$T"
item "what cannot be mined, and what was not mined yet"
fails "$HW" query r.db circuits
fails "$HW" query r.db circuit_prompts
fails "$HW" mine r.db --roles IO,S3
fails "$HW" mine r.db --roles ""
fails "$HW" mine r.db --min-support 0
fails "$HW" mine r.db --min-support 1.5
fails "$HW" mine r.db --items neurons
fails "$HW" mine r.db --connected perhaps
fails "$HW" mine nowhere.db
fails "$HW" mine roles.csv
fails "$HW" mine
item "mined twice, with others between"
"$HW" mine r.db --min-support 0.3 --roles IO,S1,S2,END >one
"$HW" mine r.db --min-support 0.3 --roles END,IO,S2,S1 --by group >groups
"$HW" mine r.db --min-support 0.3 --connected no --items heads+ffn --rank surplus >/dev/null
"$HW" mine r.db --min-support 0.3 --roles END,S2,S1,IO --top 20 >two
sed 's/mining [0-9]*:/mining N:/' one >one.n
sed 's/mining [0-9]*:/mining N:/' two | cmp - one.n && echo "the same again"
"$HW" sql r.db "SELECT parameters, complete, n_graphs FROM mining ORDER BY mining_id"
item "the file holds together"
check_database r.db
"$HW" sql r.db "SELECT (SELECT count(*) FROM circuit WHERE mining_id NOT IN (SELECT mining_id FROM mining)) AS circuits_astray,
  (SELECT count(*) FROM circuit_edge WHERE circuit_id NOT IN (SELECT circuit_id FROM circuit)) AS edges_astray,
  (SELECT count(*) FROM circuit c WHERE n_edges <> (SELECT count(*) FROM circuit_edge e WHERE e.circuit_id = c.circuit_id)) AS edges_wrong,
  (SELECT count(*) FROM circuit c WHERE support <> (SELECT sum(support) FROM circuit_group g WHERE g.circuit_id = c.circuit_id)) AS groups_wrong,
  (SELECT count(*) FROM circuit c WHERE support <> (SELECT count(*) FROM hw_item_graphs(c.graphs))) AS graphs_wrong" --format csv | tr -d '\r'
item "graphs of circuits, their weakest edges and their breaks, by a slow road"
"$PY" - <<'END'
import json, sqlite3, subprocess, os
def ask(sql):
    return json.loads(subprocess.run([os.environ["HW"], "sql", "r.db", sql, "--format", "json"], check=True, capture_output=True, text=True).stdout)
items = {}
for r in ask("SELECT i.item_id, g.graph_id, g.importance FROM item_graph i, hw_item_graphs(i.graphs) g"):
    items.setdefault(r["item_id"], {})[r["graph_id"]] = r["importance"]
graphs = {r["graph_id"] for r in ask("SELECT graph_id FROM graph")}
edges, shown, breaks = {}, {}, {}
for r in ask("SELECT * FROM circuit_edge"):
    edges.setdefault(r["circuit_id"], []).append(r["item_id"])
for r in ask("SELECT c.circuit_id, g.* FROM circuit c, hw_item_graphs(c.graphs) g"):
    shown.setdefault(r["circuit_id"], {})[r["graph_id"]] = r["importance"]
for r in ask("SELECT * FROM circuit_break"):
    breaks[r["circuit_id"], r["item_id"]] = r["n"], json.loads(r["prompts"])
right = True
for circuit, members in edges.items():
    have = set.intersection(*(set(items[i]) for i in members))
    right &= shown[circuit] == {g: min(items[i][g] for i in members) for g in have}
    for missing in members:
        almost = sorted(set(graphs).intersection(*(set(items[i]) for i in members if i != missing)) - set(items[missing]))
        want = (len(almost), sorted({g >> 20 for g in almost})[:5]) if almost else None
        right &= breaks.get((circuit, missing)) == want
print("several circuits:", len(edges) > 5, "| all as they should be:", right)
END
item "queries"
for name in circuits circuits_by_group circuit_breaks circuit_prompts; do
  "$HW" query r.db "$name" --format csv 2>&1 | head -n 1 | tr -d '\r'
done
item "formats"
"$HW" mine r.db --min-support 0.3 --roles IO,S1,S2,END --top 2 --format csv 2>stderr >rows.csv
head -n 1 stderr | sed 's/mining [0-9]*/mining N/'
"$HW" query r.db circuits --mining "$("$HW" sql r.db "SELECT max(mining_id) FROM mining" --format csv | tail -n 1 | tr -d '\r')" --format csv | cmp - rows.csv && echo "csv: as query circuits"
"$HW" mine r.db --min-support 0.3 --by group --top 2 --format json 2>/dev/null | "$PY" -c 'import json, sys; print("json:", *json.load(sys.stdin)[0])'
item "a search that was broken off does not replace a better one"
"$HW" mine r.db --min-support 0.35 --top 2 >/dev/null
before=$("$HW" query r.db minings --format csv)
fails "$HW" mine r.db --min-support 0.35 --top 2 --timeout 1e-9 | sed 's/mining [0-9]*/mining N/'
same "the minings" "$before" "$("$HW" query r.db minings --format csv)"
"$HW" mine r.db --min-support 0.36 --top 2 --timeout 1e-9 | sed 's/mining [0-9]*/mining N/; s/^[0-9]* closed/N closed/; 4q'
"$HW" mine r.db --min-support 0.36 --top 2 >/dev/null
"$HW" sql r.db "SELECT complete FROM mining WHERE mining_id = (SELECT max(mining_id) FROM mining)" --format csv | tail -n 1 | tr -d '\r'
fails "$HW" mine r.db --delete 1 --top 3
item "listed and deleted"
"$HW" query r.db minings --format csv | cut -d, -f1,2 | grep -o 'by=.*'
last=$("$HW" sql r.db "SELECT max(mining_id) FROM mining" --format csv | tail -n 1 | tr -d '\r')
"$HW" mine r.db --delete "$last"; echo "exit $?"
"$HW" query r.db minings --format csv | grep -c by=
"$HW" sql r.db "SELECT (SELECT count(*) FROM mining m, circuit c ON c.mining_id = m.mining_id AND m.mining_id = $last) +
  (SELECT count(*) FROM circuit_edge WHERE circuit_id >> 20 = $last) + (SELECT count(*) FROM circuit_group WHERE circuit_id >> 20 = $last) +
  (SELECT count(*) FROM circuit_break WHERE circuit_id >> 20 = $last) AS rows_left" --format csv | tail -n 1 | tr -d '\r'
fails "$HW" mine r.db --delete 77
fails "$HW" mine r.db --delete 0
item "by group: a group of fewer than 10 graphs makes nothing frequent"
"$PY" - <<'END'
import csv
rows = list(csv.DictReader(open("ioi.csv", newline="")))
for name, n, groups in (("lone", 41, ["many"] * 40 + ["lone"]), ("small", 9, ["few"] * 8 + ["lone"])):
    out = csv.DictWriter(open(name + ".csv", "w", newline=""), rows[0].keys())
    out.writeheader()
    out.writerows(dict(r, group=g) for r, g in zip(rows[:n], groups))
END
for data in lone small; do "$HW" run --model gpt2 --data $data.csv --db $data.db --group-by group --neuron-projections none --quiet; done
"$HW" mine lone.db --by group --min-support 0.9 --top 200 | head -n 4
"$HW" mine lone.db --by group --min-support 0.4 --top 200 --format csv 2>&1 >lone.rows | sed -n 3p
echo "fewest graphs of a circuit: $(cut -d, -f3 lone.rows | tail -n +2 | sort -n | head -n 1)"
"$HW" mine lone.db --min-support 0.9 | sed -n 3p
fails "$HW" mine small.db --by group
"$HW" mine small.db --min-support 0.9 | head -n 1
echo "--- nothing found: why"
"$HW" run --model gpt2 --data ioi.csv --limit 20 --db few.db --quiet
"$HW" run --model gpt2 --data ioi.csv --limit 20 --db high.db --threshold 0.9 --quiet
"$HW" mine high.db --roles IO --min-support 1 | grep -e "^No edges" -e "^None of"
"$HW" mine few.db --roles all --min-support 1 | grep -e "^No edges" -e "^None of"
item "in a parallel block the FFN reads the state before the layer: it follows no attention of its layer"
cp r.db parallel.db
"$PY" -c 'import sqlite3; c = sqlite3.connect("parallel.db"); c.execute("UPDATE run SET parallel_block = 1"); c.commit()'
for db in r.db parallel.db; do
  "$HW" mine $db --items heads+ffn --roles all --rank area --min-support 0.3 >/dev/null
  "$HW" export $db --out figures --figures >/dev/null 2>&1
  "$PY" - $db <<'PYTHON'
import csv, glob, re, sys
circuits = list(csv.DictReader(open("figures/circuit.csv", newline="")))
paths = [c["path"] for c in circuits if c["mining_id"] == max((c["mining_id"] for c in circuits), key=int)]
arrows = [map(int, a) for f in glob.glob("figures/figure_circuit_*.dot") for a in re.findall(r"n(\d+) -> n(\d+);", open(f, encoding="utf-8").read())]
layer = lambda item: item >> 22 & 255
same = sum(layer(tail) >= layer(tip) for tail, tip in arrows)
print(sys.argv[1], "within a layer: paths", len(re.findall(r"-L(\d+)H\d+-> \S+ -FFN\1- ", " ".join(paths))) > 0, "| arrows", same > 0, "| arrows at all", len(arrows) > 3)
PYTHON
done
