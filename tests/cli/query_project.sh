# SPDX-License-Identifier: Apache-2.0
# Queries of lists of promoted tokens: which of the stored lists they take.
item "prompt_lens takes that of the target, where each position has one"
for project in all default; do
  small_run $project.db --limit 8 --project $project --threads "$T"
  "$HW" query $project.db prompt_lens --prompt 7 --format csv >lens.$project
done
wc -l <lens.all
cmp lens.all lens.default && echo "the same"
"$HW" sql all.db "SELECT predicted FROM prompt_prediction WHERE prompt_id = 7" --format csv | tail -n 1
tail -n 1 lens.all | cut -d, -f 9
item "top_neurons takes the other list where the activation is negative"
"$HW" run --model llama --data ioi.csv --limit 20 --db llama.db --quiet --threads "$T"
"$HW" query llama.db top_neurons --limit 40 --format json >neurons
"$PY" - <<'END'
import json, sqlite3
db = sqlite3.connect("llama.db")
seen = {True: 0, False: 0}
for row in json.load(open("neurons", encoding="utf-8")):
    layer, neuron = row["neuron"][1:].split("N")
    texts = db.execute("SELECT text FROM neuron_token JOIN token USING(token_id) WHERE layer = ? AND neuron = ? AND sign = ? ORDER BY rank LIMIT 3",
                       (layer, neuron, -1 if row["activation"] < 0 else 1))
    wanted = " ".join(json.dumps(text, ensure_ascii=False) for (text,) in texts)
    if row["promotes"] != wanted:
        print(row["neuron"], row["promotes"], "wanted", wanted)
    seen[row["activation"] < 0] += 1
print("both signs:", all(seen.values()))
END
