# SPDX-License-Identifier: Apache-2.0
# Differences that have no spread to be measured by, so no effect: which place they take among the others of the same p.
"$PY" - <<'END'
import csv
rows = list(csv.DictReader(open("ioi.csv", newline="", encoding="utf-8")))[:24]
with open("half.csv", "w", newline="", encoding="utf-8") as file:
    out = csv.writer(file)
    out.writerow(["prompt", "answer", "foil", "half"])
    for i, row in enumerate(rows):
        names = row["answer"], row["foil"]
        out.writerow([row["prompt"], *(names if i % 2 else reversed(names)), "right" if i % 2 else "wrong"])
END
"$HW" run --model gpt2 --data half.csv --group-by half --db half.db --quiet --threads "$T"
item "the answer is always right on one side and never on the other"
"$HW" compare half.db --by half=right,wrong --components answers --cluster none --permutations 999 --format csv --top 3 2>/dev/null | cut -d, -f 2
"$HW" sql half.db "SELECT rank, name, difference, effect FROM comparison_component WHERE rank < 3 AND effect IS NULL"
item "one prompt on each side: no effect at all, all p are the same"
"$HW" compare half.db --cluster none --pairs none --where "prompt_id = 1" --where "prompt_id = 4" --save no --format csv 2>/dev/null | "$PY" -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
sizes = [abs(float(row["difference"])) for row in rows]
print(len(rows), sorted({row["effect"] for row in rows}), len({row["p"] for row in rows}), "largest difference first:", sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1])'
