# SPDX-License-Identifier: Apache-2.0
# Figures: the scripts with any machine, the drawings where gnuplot and graphviz are.
small_run ioi.db --limit 12
echo "--- without the programs: one line, and the scripts are there"
mkdir empty
code=0
PATH=$PWD/empty "$HW" export ioi.db --out bare --figures || code=$?
echo "exit $code"
ls bare | grep -v '\.csv$'
command -v gnuplot >/dev/null && command -v dot >/dev/null || skip "gnuplot or graphviz is not installed"
"$HW" mine ioi.db --min-support 0.3 --roles all >/dev/null || exit
"$HW" export ioi.db --out one --figures
"$HW" export ioi.db --out two --figures
diff -r one two && echo "twice the same bytes"
ls one | grep '^figure' | grep -v circuit_[2-9]
"$PY" - <<'END'
import glob, json
from xml.dom import minidom
manifest = json.load(open("one/MANIFEST.json", encoding="utf-8"))
for f in manifest["figures"]:
    minidom.parse("one/" + f["figure"])
    text = open("one/" + f["figure"], encoding="utf-8").read()
    assert "href=\"data:" not in text and "20" + "26-" not in text
print("figures that are well-formed SVG:", len(manifest["figures"]) == len(glob.glob("one/*.svg")) > 3)
END
echo "--- every part of a circuit reads from something and is read"
"$HW" run --model gpt2 --data ioi.csv --db roles.db --limit 60 --quiet --neuron-projections none --threads "$T"
"$HW" mine roles.db --roles IO,S1,S2,END >/dev/null && "$HW" export roles.db --out roles --figures
for end in 1 2; do
  for dot in roles/figure_circuit_*.dot; do
    sed -n 's/^  \(n[0-9]*\) \[label.*/\1/p' $dot | sort >parts
    sed -n 's/^  \([^ ].*\) -> \(.*\);$/\1\n\2/p' $dot | sed -n "$end~2p" | grep '^n' | sort -u >ends
    cmp -s parts ends || echo "$dot: $(comm -23 parts ends)"
  done
done
[ "$(ls roles/figure_circuit_*.dot | wc -l)" -gt 1 ] && echo "in all circuits"
echo "--- an underscore in a role is no subscript"
sed '1s/role.IO/role.indirect_object/' ioi.csv | head -n 41 >underscore.csv
"$HW" run --model gpt2 --data underscore.csv --db underscore.db --quiet --neuron-projections none --threads "$T"
"$HW" mine underscore.db --roles indirect_object,END >/dev/null && "$HW" export underscore.db --out underscore --figures
for figure in figure_role_flow figure_circuit_1; do grep -o '>indirect_object<' underscore/$figure.svg | sort | uniq -c; done
grep -L '^set terminal svg noenhanced ' underscore/*.gp
echo "--- without answers there is no logit lens"
printf 'Mary went\nJohn went to\n' >plain.txt
"$HW" run --model gpt2 --data plain.txt --db plain.db --quiet --neuron-projections none
"$HW" export plain.db --out plain --figures
ls plain | grep '\.svg$'
echo "--- a script that somebody broke"
cp -r one broken
echo "plot nonsense(" >broken/figure_heads.gp
(cd broken && gnuplot figure_heads.gp 2>/dev/null) || echo "gnuplot refuses it"
"$HW" export ioi.db --out broken --figures && cmp one/figure_heads.svg broken/figure_heads.svg && echo "and export writes it anew"
echo "--- relevances, knock-outs and curves, worked out again from the rows"
"$HW" run --model gpt2 --data ioi.csv --db why.db --limit 6 --counterfactual --relevance both --quiet --neuron-projections none --threads "$T"
for graph in routes contrast; do
  "$HW" certify why.db --model gpt2 --graph $graph --knockout 6 --curve components --random 0 --threads "$T" >/dev/null 2>&1 || exit
done
"$HW" export why.db --out why --figures --tables head_relevance
"$HW" run --model gpt2 --data ioi.csv --db answer.db --limit 3 --relevance answer --quiet --neuron-projections none --threads "$T"
"$HW" export answer.db --out answer --figures --tables head_relevance
for figures in why answer; do grep -c -E '>(answer|contrast|contrast, by (value|key|query))<' $figures/figure_relevance.svg; done
ls answer | grep -E 'knockouts|curve'
"$PY" - <<'END'
import csv, json, os, statistics, subprocess
from xml.dom import minidom
def rows(file):
    with open(file, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))
def sql(db, text):
    return json.loads(subprocess.run([os.environ["HW"], "sql", db, text, "--format", "json"], check=True, capture_output=True).stdout)
def near(a, b):
    return abs(float(a) - b) < 1e-9
def shares(db, mode, name):
    parts = sql(db, f"SELECT r.layer, r.head, coalesce(r.{name}, 0) AS v FROM relevance a, hw_relevance(a.parts) r WHERE r.kind = 'head' AND a.mode = '{mode}'")
    whole = sum(x["w"] for x in sql(db, f"SELECT m - coalesce(m_reference, 0) AS w FROM relevance WHERE mode = '{mode}'"))
    found = {}
    for x in parts:
        found[x["layer"], x["head"]] = found.get((x["layer"], x["head"]), 0) + x["v"]
    return {h: v / whole for h, v in found.items()}
heads = rows("why/figure_relevance.csv")
for column, mode, name in (("answer", "answer", "r"), ("contrast", "contrast", "r"), ("value", "contrast", "value"), ("key", "contrast", "key"), ("query", "contrast", "query")):
    want = shares("why.db", mode, name)
    print(column, len(heads), len(heads) == len(want) and all(abs(float(h[column]) - want[int(h["layer"]), int(h["head"])]) < 2e-4 for h in heads))
print("answer alone:", {(h["n_contrast"], h["contrast"], h["key"]) for h in rows("answer/figure_relevance.csv")})
pairs = {}
for x in sql("why.db", "SELECT k.graph_id AS g, iif(k.kind = 'head', 'L' || k.layer || 'H' || k.number, 'FFN' || k.layer) AS name, k.effect, r.r FROM knockout k, relevance a, hw_relevance(a.parts) r "
             "WHERE k.certificate_id = 2 AND a.graph_id = k.graph_id AND a.mode = 'contrast' AND r.layer = k.layer AND ((k.kind = 'head' AND r.kind = 'head' AND r.head = k.number) OR (k.kind = 'ffn' AND r.kind = 'ffn_total'))"):
    pairs.setdefault(x["g"], {})[x["name"]] = (x["r"], x["effect"])
points = rows("why/figure_knockouts.csv")
mean = lambda name, i: statistics.mean(p[name][i] for p in pairs.values())
print("points:", len(points), all(near(p["relevance"], mean(p["name"], 0)) and near(p["effect"], mean(p["name"], 1)) and p["n"] == "6" for p in points))
within = statistics.mean(statistics.correlation([v[0] for v in p.values()], [v[1] for v in p.values()]) for p in pairs.values())
means = statistics.correlation([float(p["relevance"]) for p in points], [float(p["effect"]) for p in points])
print("correlations:", all(near(p["within"], within) and near(p["means"], means) for p in points))
curve = rows("why/figure_curve.csv")
want = json.loads(subprocess.run([os.environ["HW"], "query", "why.db", "faithfulness_curve", "--format", "json"], check=True, capture_output=True).stdout)
print("curve:", len(curve), [(int(c["line"]), float(c["f"])) for c in curve] == [(w["certificate_id"], w["f"]) for w in want])
area = lambda line, of: sum((float(b["p"]) - float(a["p"])) * (of(float(a["f"])) + of(float(b["f"]))) / 2 for a, b in zip(curve, curve[1:]) if a["line"] == b["line"] == line)
print("areas:", all(near(c["cpr"], area(c["line"], lambda f: f)) and near(c["cmd"], area(c["line"], lambda f: abs(1 - f))) for c in curve))
for figure, words in (("knockouts", points[0]["correlation"]), ("curve", curve[0]["title"]), ("curve", curve[-1]["title"])):
    drawn = minidom.parse(f"why/figure_{figure}.svg").documentElement
    print(figure, words in drawn.toxml(), "as wide as its words:", figure != "curve" or 130 + 7 * len(words) <= float(drawn.getAttribute("viewBox").split()[2]))
END
