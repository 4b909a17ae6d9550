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
