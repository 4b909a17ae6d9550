# SPDX-License-Identifier: Apache-2.0
small_run ioi.db --threads "$T"
before=$("$HW" digest ioi.db)
"$HW" export ioi.db --out one
"$HW" export ioi.db --out two
ls one
diff -r one two && echo "twice the same bytes"
same "the database is as it was" "$before" "$("$HW" digest ioi.db)"
"$HW" export ioi.db --out one && diff -r one two && echo "again into the same folder"
"$PY" - <<'END'
import csv, json
manifest = json.load(open("one/MANIFEST.json", encoding="utf-8"))
print(sorted(manifest), manifest["run"]["n_prompts"], manifest["settings"]["limit"])
for f in manifest["files"]:
    rows = list(csv.reader(open("one/" + f["file"], newline="", encoding="utf-8")))
    print(f["file"], "rows as the manifest says:", len(rows) - 1 == f["rows"], "| rectangular:", len({len(r) for r in rows}) == 1)
matrix = list(csv.DictReader(open("one/head_matrix.csv", newline="")))
heads = {(h["layer"], h["head"]): h["mean"] for h in csv.DictReader(open("one/head_importance.csv", newline=""))}
print("matrix", len(matrix), "x", len(matrix[0]) - 1, "agrees:", all(row["H" + h] == mean for (l, h), mean in heads.items() for row in matrix if row["layer"] == l))
END
echo "--- chosen tables"
"$HW" export ioi.db --out some --tables head_matrix,group_size
ls some
fails "$HW" export ioi.db --out none --tables head_matrix,heads
fails "$HW" export ioi.db --out none --tables circuit
rm -rf none
echo "--- a link in the place of the folder for files in work"
mkdir precious linked
echo text >precious/thesis.txt
ln -s ../precious linked/.headwater-export
fails "$HW" export ioi.db --out linked --tables group_size
ls precious
echo "--- into the folder of another database: what stays is said, files of others are not looked at"
"$HW" run --model gpt2 --data pronoun.csv --db other.db --limit 2 --quiet --neuron-projections none
touch some/mine.csv some/figure_of_mine.svg some/figure_graph_7.svg
"$HW" export other.db --out some --tables group_size
"$HW" export other.db --out some --tables head_matrix --prompt 1
rm some/*
"$HW" export other.db --out some && "$HW" export ioi.db --out some --tables head_matrix
echo "--- into sqlite3: the same rows and sums"
"$PY" - <<'END'
import csv, json, sqlite3, subprocess, os
db = sqlite3.connect(":memory:")
for f in json.load(open("one/MANIFEST.json", encoding="utf-8"))["files"]:
    name = f["file"][:-4]
    with open("one/" + f["file"], newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    db.execute("CREATE TABLE %s(%s)" % (name, ", ".join('"%s" NUMERIC' % c for c in rows[0])))
    db.executemany("INSERT INTO %s VALUES (%s)" % (name, ", ".join("?" * len(rows[0]))), rows[1:])
def ask(sql):
    out = subprocess.run([os.environ["HW"], "sql", "ioi.db", sql, "--format", "json"], stdout=subprocess.PIPE, check=True).stdout
    return list(json.loads(out)[0].values())
for view, column in ("head_importance", "mean"), ("edge_frequency", "flow_mean"), ("neuron_importance", "std"), ("prompt_prediction", "predicted_logit"):
    here = db.execute(f"SELECT count(*), sum({column}) FROM {view}").fetchone()
    there = ask(f"SELECT count(*), sum({column}) FROM {view}")
    print(view, here[0] == there[0], abs(here[1] - there[1]) <= 1e-9 * abs(there[1]))
END
