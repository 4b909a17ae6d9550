# SPDX-License-Identifier: Apache-2.0
# Of which certificate a circuit and figures are: the one with the most content, and the manifest says it. What is not there is said.
certify="certify why.db --model gpt2 --threshold 0.04 --random 0 --quiet"
"$HW" run --model gpt2 --data ioi.csv --db why.db --limit 6 --counterfactual --relevance both --quiet --neuron-projections none
# shellcheck disable=SC2086
"$HW" $certify --graph answer
echo "--- certificates without a ranking"
"$HW" export why.db --out none && ls none | grep mib
grep -o '{"table":"mib_circuit".*}' none/MANIFEST.json
fails "$HW" export why.db --out named --tables mib_circuit
fails "$HW" export why.db --out named --tables certificate,mib_circuit
fails "$HW" export why.db --out named --tables circuit
"$HW" run --model gpt2 --data ioi.csv --db plain.db --limit 2 --quiet --neuron-projections none
fails "$HW" export plain.db --out named --tables mib_circuit
fails "$HW" export plain.db --out named --tables head_relevance
echo "--- a small certificate after a large one"
# shellcheck disable=SC2086
"$HW" $certify --graph contrast --knockout 36 --curve set && "$HW" $certify --graph contrast --unit node --baseline counterfactual --knockout 1 --limit 1
"$HW" sql why.db "SELECT certificate_id, graph, unit, n_knockouts FROM certificate_run"
PATH=/nowhere "$HW" export why.db --out out --figures 2>/dev/null
"$PY" - <<'END'
import csv, json, os, subprocess
def sql(text):
    return json.loads(subprocess.run([os.environ["HW"], "sql", "why.db", text, "--format", "json"], check=True, capture_output=True).stdout)
manifest = json.load(open("out/MANIFEST.json", encoding="utf-8"))
for file in manifest["files"]:
    if "certificates" in file:
        print(file["file"], *file["certificates"])
print("left out:", *(x["table"] for x in manifest["left_out"]))
nodes = json.load(open("out/mib_circuit.json"))["nodes"]
print(len([1 for node in nodes.values() if "score" in node]), "scores")
sums = {x["layer"]: x["r"] for x in sql("SELECT r.layer, sum(r.r) AS r FROM relevance a, hw_relevance(a.parts) r WHERE r.kind = 'ffn_total' AND a.mode = 'contrast' GROUP BY 1")}
print("over all prompts, with a certificate or not:", all(abs(nodes[f"m{layer}"]["score"] - r) < 1e-4 for layer, r in sums.items()))
rows = list(csv.DictReader(open("out/figure_knockouts.csv", newline="", encoding="utf-8")))
print(len(rows), {row["certificate"] for row in rows})
END
echo "--- of two that are equal the last"
# shellcheck disable=SC2086
"$HW" $certify --graph contrast --unit node --knockout 36
"$HW" export why.db --out last --tables mib_circuit
grep -o '"certificates":.*"sql"' last/MANIFEST.json
echo "--- files say what their rows are of"
"$HW" certify why.db --delete 4 >/dev/null
# shellcheck disable=SC2086
"$HW" $certify --graph answer --unit node --pairs 2 --limit 2
"$HW" mine why.db --top 1 >/dev/null 2>&1
"$HW" compare why.db --with plain.db --permutations 9 --min-active 1 >/dev/null 2>&1
"$HW" export why.db --out named --tables certificate_curve,circuit,comparison,knockout,knockout_pair,mining
"$PY" - <<'END'
import csv, json
def rows(name):
    return list(csv.DictReader(open(f"named/{name}.csv", newline="", encoding="utf-8")))
for name in ("certificate_curve", "knockout", "knockout_pair"):
    print(name, len(rows(name)) > 0, all(int(r["prompt_id"]) == int(r["graph_id"]) >> 20 for r in rows(name)))
print("circuits of a mining:", {r["mining_id"] for r in rows("circuit")} == {r["mining_id"] for r in rows("mining")}, [r["parameters"] for r in rows("mining")])
print("comparison:", [(r["a"], r["other_database"], r["n_prompts"]) for r in rows("comparison")])
END
echo "--- a chosen certificate"
"$HW" sql why.db "SELECT certificate_id, graph, unit, n_knockouts, curve FROM certificate_run"
PATH=/nowhere "$HW" export why.db --out chosen --figures --certificate 2 2>/dev/null
grep -o '{"file":[^{]*"certificates":.*"sql"' chosen/MANIFEST.json
"$HW" export why.db --out three --tables mib_circuit --certificate 3
grep -o '"certificates":.*"sql"' three/MANIFEST.json
PATH=/nowhere "$HW" export why.db --out without --figures --certificate 1 2>/dev/null
ls without | grep -E 'mib|curve|knockouts'
grep -o '{"table":"mib_circuit".*}' without/MANIFEST.json
fails "$HW" export why.db --out refused --tables mib_circuit --certificate 1
fails "$HW" export why.db --out refused --certificate 77
fails "$HW" export plain.db --out refused --certificate 1
fails "$HW" export why.db --out refused --tables head_importance --certificate 2
fails "$HW" export why.db --out refused --certificate x
echo "--- statements say what they are bound to, and which files are another table than their rows"
"$PY" - chosen last <<'END'
import json, sys
for folder in sys.argv[1:]:
    files = json.load(open(f"{folder}/MANIFEST.json", encoding="utf-8"))["files"]
    print(folder, all((":certificate" in f["sql"]) == ("parameters" in f) for f in files), {f["parameters"]["certificate"] for f in files if "parameters" in f},
          [f["file"] for f in files if "layout" in f])
END
