# SPDX-License-Identifier: Apache-2.0
# Two groups of one database, the same prompts in two, and a database with itself.
"$HW" run --model gpt2 --data ioi.csv --db ioi.db --group-by group --limit 200 --quiet --threads "$T" --neuron-projections none
"$HW" run --model gpt2 --data ioi.csv --db high.db --group-by group --limit 120 --threshold 0.06 --quiet --threads "$T" --neuron-projections none
export OMP_NUM_THREADS="$T"
before=$("$HW" digest ioi.db)
echo "--- ABBA and BABA, paired, by template"
"$HW" compare ioi.db --by group=ABBA,BABA --save no | head -n 5
# Columns of one row a component, and what must hold between them. The means are those of the views.
check() { # file
  "$PY" - "$1" <<'END'
import csv, json, subprocess, os, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")))
f = lambda row, name: float(row[name])
print(len(rows), "rows;", ",".join(rows[0]))
print("ranks:", [int(r["rank"]) for r in rows] == list(range(1, len(rows) + 1)), "| p rises:", all(f(a, "p") <= f(b, "p") for a, b in zip(rows, rows[1:])))
print("differences:", all(abs(f(r, "mean_a") - f(r, "mean_b") - f(r, "difference")) < 1e-12 for r in rows),
      "| intervals around them:", all(f(r, "ci_lo") <= f(r, "difference") <= f(r, "ci_hi") for r in rows),
      "| p and q:", all(0 < f(r, "p") <= f(r, "q") + 1e-15 <= 1 + 1e-14 for r in rows))
sql = "SELECT group_name, name, mean FROM head_importance_by_group"
text = subprocess.run([os.environ["HW"], "sql", "ioi.db", sql, "--format", "json"], check=True, capture_output=True).stdout
means = {(r["group_name"], r["name"]): r["mean"] for r in json.loads(text)}
print("means as in the view:", all(abs(f(r, "mean_" + s) - means["group=" + g, r["name"]]) < 1e-12 for r in rows for s, g in (("a", "ABBA"), ("b", "BABA"))))
END
}
"$HW" compare ioi.db --by group=ABBA,BABA --format csv --save no >paired.csv && check paired.csv
"$HW" compare ioi.db --by group=ABBA,BABA --pairs none --cluster none --format csv --save no >unpaired.csv && check unpaired.csv
echo "--- the same seed, the same bytes; another seed, other p"
"$HW" compare ioi.db --by group=ABBA,BABA --format csv --save no | cmp - paired.csv && echo same
OMP_NUM_THREADS=3 "$HW" compare ioi.db --by group=ABBA,BABA --format csv --save no | cmp - paired.csv && echo "same with three threads"
"$HW" compare ioi.db --by group=ABBA,BABA --format csv --save no --seed 2 | cmp -s - paired.csv || echo "other"
echo "--- the designs"
for options in "--cluster none" "--pairs none" "--pairs none --cluster none" "--cluster pair_id" "--components neurons" "--components items --measure flow"; do
  "$HW" compare ioi.db --by group=ABBA,BABA $options --save no --permutations 99 2>/dev/null | sed -n "1p;4p"
done
"$HW" compare ioi.db --by template=ioi-30,ioi-53 --cluster pair_id --pairs none --save no --permutations 99 2>/dev/null | sed -n "1p;4p"
echo "--- with itself: nothing"
"$HW" compare ioi.db --with ioi.db --save no --format csv | "$PY" -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
print(len(rows), {float(r[c]) for r in rows for c in ("difference", "ci_lo", "ci_hi", "effect")}, {float(r[c]) for r in rows for c in "pq"})'
"$HW" compare ioi.db --with ioi.db --save no --components items --measure flow --format csv 2>/dev/null | "$PY" -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
print(len(rows) > 0, {float(r["difference"]) for r in rows})'
echo "--- with a higher threshold: fewer heads are active, never more"
"$HW" compare ioi.db --with high.db --format json >threshold.json
"$PY" -c '
import json
rows = json.load(open("threshold.json"))
print(len(rows), all(r["difference"] >= 0 for r in rows), all(r["active_a"] >= r["active_b"] for r in rows), rows[0]["p"] < 0.001)'
echo "--- saved, and what was saved"
"$HW" compare ioi.db --by group=ABBA,BABA --top 1 2>&1 >/dev/null
"$HW" compare ioi.db --by group=ABBA,BABA --top 1 2>&1 >/dev/null
"$HW" compare ioi.db --by group=ABBA,BABA --top 1 --measure flow 2>&1 >/dev/null
"$HW" query ioi.db comparisons --format csv --limit 1 | cut -d, -f1-14
"$HW" sql ioi.db "SELECT comparison_id, count(*) AS n, min(rank) AS first, max(rank) AS last FROM comparison_component GROUP BY 1"
same "the digest is that of before" "$before" "$("$HW" digest ioi.db)"
"$HW" query high.db comparisons
echo "exit $?"
echo "--- deleted"
cp ioi.db some.db
"$HW" compare some.db --delete 2; echo "exit $?"
"$HW" query some.db comparisons --limit 1 --format csv | cut -d, -f1 | tr -d '\r'
"$HW" sql some.db "SELECT DISTINCT comparison_id FROM comparison_component ORDER BY 1" --format csv | tr -d '\r'
fails "$HW" compare some.db --delete 2
fails "$HW" compare high.db --delete 1
rm some.db
chmod a-w ioi.db
[ -w ioi.db ] || "$HW" compare ioi.db --by group=ABBA,BABA --top 1 2>&1 >/dev/null
chmod u+w ioi.db
echo "--- refused"
fails "$HW" compare ioi.db
fails "$HW" compare ioi.db --by group=ABBA,BABA --with high.db
fails "$HW" compare ioi.db --by group
fails "$HW" compare ioi.db --by group=ABBA
fails "$HW" compare ioi.db --by group=,ABBA
fails "$HW" compare ioi.db --by group=ABBA,
fails "$HW" compare ioi.db --by =ABBA,BABA
fails "$HW" compare ioi.db --by group=ABBA,ABBA
fails "$HW" compare ioi.db --by group=ABBA,NONE
fails "$HW" compare ioi.db --by nothing=A,B
fails "$HW" compare ioi.db --by template=ioi-00,NONE
fails "$HW" compare ioi.db --by group=ABBA,BABA --cluster nothing
fails "$HW" compare ioi.db --by group=ABBA,BABA --pairs io
fails "$HW" compare ioi.db --with ioi.csv
fails "$HW" compare ioi.db --with missing.db
fails "$HW" compare ioi.db --with high.db --pairs pair_id
fails "$HW" compare ioi.db --by group=ABBA,BABA --permutations 0
fails "$HW" compare ioi.db --by group=ABBA,BABA --components items --min-active 1000
