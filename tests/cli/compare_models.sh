# SPDX-License-Identifier: Apache-2.0
# compare --with the database of a model of another shape: only what both can have is tested. And runs whose settings differ.
small_run a.db --threads "$T" --relevance answer
small_run b.db --model llama --threads "$T" --relevance answer
export OMP_NUM_THREADS="$T"
for options in "--components heads" "--components neurons" "--components items" "--components relevance --measure answer" "--components relevance_neurons --measure answer"; do
  for pair in "a.db b.db" "b.db a.db"; do
    set -- $pair
    item "$options, $pair"
    "$HW" compare "$1" --with "$2" $options --cluster none --min-active 1 --save no --format csv >rows.csv 2>notes
    grep -v "smallest p" notes
    "$PY" -c '
import csv
rows = list(csv.DictReader(open("rows.csv", newline="", encoding="utf-8")))
number = lambda name: max(int(row[name] or 0) for row in rows)
print("rows:", len(rows) > 0, "| heads below 4:", number("head") < 4, "| neurons below 344:", number("neuron") < 344)'
  done
done
item "q is over the heads of both"
"$HW" compare a.db --with b.db --cluster none --save no --top 1 2>/dev/null | grep -o "Benjamini.*"
item "answers have no shape"
"$HW" compare a.db --with b.db --components answers --cluster none --save no --format csv 2>&1 | grep "note: the models" || echo "nothing is said"
item "one model, two thresholds"
small_run high.db --threads "$T" --threshold 0.06 --relevance answer
"$HW" compare a.db --with high.db --cluster none --save no --top 1 2>&1 | grep "settings"
"$HW" compare a.db --with a.db --cluster none --save no --top 1 2>&1 | grep "settings" || echo "the same: nothing is said"
