# SPDX-License-Identifier: Apache-2.0
# run --relevance: what is stored is what trace says, sums and shares are those of the rows, the digest depends on nothing else, and a prompt
# without numbers has a reason.
head -n 13 ioi.csv >few.csv
run="run --model gpt2 --data few.csv --neuron-projections none --quiet --counterfactual --group-by group,template --relevance both"
# shellcheck disable=SC2086
"$HW" $run --db few.db --threads "$T"
"$PY" "$LIB/check_relevance.py" "$HW" few.db gpt2
item() { echo "--- $*"; }
item "the digest"
digest=$("$HW" digest few.db)
# shellcheck disable=SC2086
for options in "--chunk-tokens 40 --threads 1" "--share-prefixes no --threads 3" "--memory 100 --chunk-tokens 4000" "--precision f32 --screen always"; do
  "$HW" $run --db again.db $options 2>/dev/null
  same "$options" "$("$HW" digest again.db)" "$digest"
  rm again.db
done
# Killed now and then, so that of a prompt and its counterfactual only one may be stored.
for seconds in 0.1 0.2 0.3; do
  # shellcheck disable=SC2086
  timeout -s KILL $seconds "$HW" $run --db killed.db --chunk-tokens 40 --threads 1 --commit-seconds 0 2>/dev/null || true
done
# shellcheck disable=SC2086
"$HW" $run --db killed.db --chunk-tokens 40 --threads 1
same "killed and continued" "$("$HW" digest killed.db)" "$digest"
for shard in 1 2 3; do
  # shellcheck disable=SC2086
  "$HW" $run --db shard$shard.db --chunk-tokens 40 --shard $shard/3 --plan plan.bin
done
"$HW" merge merged.db shard3.db shard1.db shard2.db >/dev/null 2>&1
same "three shards, merged" "$("$HW" digest merged.db)" "$digest"
"$HW" rethreshold few.db --threshold 0.1 --out other.db >/dev/null
rows="SELECT graph_id, mode, m, m_reference, n_parts, hex(parts) FROM relevance"
same "rethreshold keeps the rows" "$("$HW" sql other.db "$rows" --format csv)" "$("$HW" sql few.db "$rows" --format csv)"
sums="SELECT * FROM agg_relevance"
same "and their sums" "$("$HW" sql other.db "$sums" --format csv)" "$("$HW" sql few.db "$sums" --format csv)"
# shellcheck disable=SC2086
"$HW" $run --db low.db --relevance-floor 0.001
same "sums at a lower floor" "$("$HW" sql low.db "$sums" --format csv)" "$("$HW" sql few.db "$sums" --format csv)"
for db in few low; do "$HW" compare $db.db --by group=ABBA,BABA --components relevance_neurons --format csv --save no --min-active 1 --permutations 99 2>/dev/null >$db.neurons; done
same "neurons compared at a lower floor" "$(cat low.neurons)" "$(cat few.neurons)"
"$HW" sql low.db "SELECT count(*) AS n_neurons, min(abs(a.sum * 1e-4 - v.r) < 1e-3) AS view_agrees FROM agg_relevance a
  JOIN (SELECT mode, layer, neuron, sum(r) AS r FROM relevance_part WHERE kind = 'neuron' GROUP BY 1, 2, 3) v ON v.mode = a.mode AND v.layer = a.layer AND v.neuron = a.idx
  WHERE a.kind = 'neuron' AND a.group_id = -1" --format csv
item "export"
"$HW" export few.db --out paper --tables head_relevance,head_relevance_by_group,ffn_relevance,neuron_relevance,prompt_relevance
for table in head_relevance ffn_relevance neuron_relevance prompt_relevance; do head -n 1 paper/$table.csv; done
"$HW" sql few.db "SELECT count(*) FROM head_relevance_by_group" --format csv | tail -n 1
echo $(($(wc -l <paper/head_relevance_by_group.csv) - 1))
item "a margin that is not that of its parts"
"$PY" -c 'import sqlite3; c = sqlite3.connect("other.db"); c.execute("UPDATE relevance SET m = m + 1e-9 WHERE prompt_id = 3"); c.commit()'
"$HW" check other.db 2>/dev/null | grep differs
item "a mixture of experts"
mkdir moe
cp "$ROOT"/tests/golden/models/mixtral-odd/* moe
"$PY" -c '
import json
words = ["w%d" % i for i in range(47)]
split = {"type": "WhitespaceSplit"}
json.dump({"version": "1.0", "added_tokens": [], "normalizer": None, "pre_tokenizer": split, "post_processor": None, "decoder": None,
           "model": {"type": "WordLevel", "vocab": {w: i for i, w in enumerate(words)}, "unk_token": "w0"}}, open("moe/tokenizer.json", "w"))
with open("moe.csv", "w") as file:
    file.write("prompt,answer,foil,counterfactual\n")
    for i in range(8):
        prompt = [(7 * i + 5 * k * k + k) % 47 for k in range(9)]
        text, other = (" ".join("w%d" % ((t + step * (k in (3, 6))) % 47) for k, t in enumerate(prompt)) for step in (0, 1))
        file.write("%s,w%d,w%d,%s\n" % (text, i + 3, i + 20, other))'
mixture="run --model moe --data moe.csv --neuron-projections none --quiet --counterfactual --relevance both --bos no"
# shellcheck disable=SC2086
"$HW" $mixture --db moe.db --threads "$T"
"$PY" "$LIB/check_relevance.py" "$HW" moe.db moe
# shellcheck disable=SC2086
for options in "--chunk-tokens 20 --threads 1" "--share-prefixes no --threads 3"; do
  "$HW" $mixture --db again.db $options 2>/dev/null
  same "$options" "$("$HW" digest again.db)" "$("$HW" digest moe.db)"
  rm again.db
done
"$HW" certify moe.db --model moe --graph contrast --unit edge --baseline counterfactual --quiet --threads "$T"
"$HW" sql moe.db "SELECT count(*) AS certificates, sum(abs(m - kept) <= abs(m - \"none\")) AS no_farther FROM certificate" --format csv
item "reasons"
store="When Mary and John went to the store, John gave a drink to"
printf 'prompt,answer,foil,counterfactual\n' >pairs.csv
printf '"%s",Mary,John,"When Mary and John went to the store, Anna gave a drink to"\n' "$store" >>pairs.csv
printf '"%s",Mary,John,\n' "$store" >>pairs.csv
printf '"%s",Mary,John,"When Mary went to the store, John gave a drink to"\n' "$store" >>pairs.csv
printf '"%s",Mary,John,"%s"\n' "$store" "$store" >>pairs.csv
printf '"%s",Mary,Mary,"When Mary and John went to the store, Anna gave a drink to"\n' "$store" >>pairs.csv
"$HW" run --model gpt2 --data pairs.csv --db pairs.db --counterfactual --relevance both --neuron-projections none --quiet --threads "$T"
"$HW" sql pairs.db "SELECT prompt_id, mode, m IS NOT NULL AS m, m_reference IS NOT NULL AS m_reference, parts IS NOT NULL AS parts, reason FROM relevance ORDER BY 1, 2" --format csv |
  sed -E 's/-?[0-9]+\.[0-9]{3}\b/N/g'
"$HW" query pairs.db relevance --missing yes --format csv | wc -l
item "what a run says of them, and a comparison"
sed '2d;3d;5,$d' pairs.csv >none.csv
for data in pairs none few; do
  "$HW" run --model gpt2 --data $data.csv --db said.db --counterfactual --relevance both --neuron-projections none --threads "$T" 2>/dev/null | grep -E "^(relevances|why: .*relevance)"
  [ $data = none ] && fails "$HW" compare said.db --where "prompt_id < 1" --components relevance
  rm -f said.db
done
fails "$HW" compare pairs.db --where "prompt_id < 1" --components relevance
fails "$HW" compare pairs.db --where "prompt_id < 1" --where "prompt_id = 3" --components relevance
"$HW" run --model gpt2 --data few.csv --limit 1 --db plain.db --neuron-projections none --quiet
item "compare: heads and FFNs by relevance, worked out again from the rows"
"$HW" compare few.db --by group=ABBA,BABA --components relevance --pairs none --cluster none --format csv --save no >relevance.csv 2>/dev/null
"$HW" compare few.db --by group=ABBA,BABA --components relevance --measure answer --pairs none --cluster none --format csv --save no >answer.csv 2>/dev/null
"$HW" compare few.db --by group=ABBA,BABA --components relevance_neurons --pairs none --cluster none --min-active 1 --permutations 99 --format csv --save no >neurons.csv 2>/dev/null
"$PY" "$LIB/check_compared.py" "$HW" few.db contrast relevance.csv
"$PY" "$LIB/check_compared.py" "$HW" few.db answer answer.csv
"$PY" "$LIB/check_compared.py" "$HW" few.db contrast neurons.csv
"$HW" compare few.db --with other.db --components relevance --cluster none --permutations 99 --format csv --save no 2>/dev/null | tail -n +2 | cut -d, -f 13 | sort -u
item "saved in a table of before; prompts with a reason; what is refused"
"$HW" compare few.db --by group=ABBA,BABA --permutations 9 2>&1 >/dev/null | grep saved
"$PY" - <<'END'
import sqlite3
c = sqlite3.connect("few.db")
c.execute("PRAGMA writable_schema = ON")
c.execute("UPDATE sqlite_schema SET sql = replace(replace(sql, ', ''relevance'', ''relevance_neurons''', ''), ', ''answer'', ''contrast''', '') WHERE name = 'comparison'")
c.commit()
END
"$HW" compare few.db --by group=ABBA,BABA --permutations 9 --components relevance 2>&1 >/dev/null | grep saved
"$HW" sql few.db "SELECT comparison_id, components, measure, n_components FROM comparison" --format csv
"$HW" check few.db | tail -n 1
"$HW" compare few.db --where "prompt_id < 3" --where "prompt_id = 100" --components relevance --save no 2>&1 | grep 'no traced'
cp few.db some.db
"$PY" - <<'END'
import sqlite3
c = sqlite3.connect("some.db")
c.execute("UPDATE relevance SET reason = 'a reason', parts = NULL, n_parts = 0 WHERE mode = 'contrast' AND prompt_id IN (SELECT prompt_id FROM prompt WHERE group_id IN (SELECT group_id FROM group_value WHERE value = 'BABA'))")
c.commit()
END
fails "$HW" compare some.db --by group=ABBA,BABA --components relevance
"$HW" compare some.db --where "prompt_id < 2" --where "prompt_id = 4" --components relevance --save no --permutations 9 2>&1 | grep 'note: some'
fails "$HW" compare plain.db --where "prompt_id < 1" --components relevance
fails "$HW" compare few.db --by group=ABBA,BABA --components relevance --measure flow
fails "$HW" compare few.db --by group=ABBA,BABA --measure contrast
item "what contradicts itself"
fails "$HW" export plain.db --out none --tables head_relevance
fails "$HW" run --model gpt2 --data few.csv --db x.db --relevance contrast
fails "$HW" run --model gpt2 --data few.csv --db x.db --relevance-threshold 0.1
fails "$HW" run --model gpt2 --data few.csv --db x.db --relevance answer --relevance-floor 0.1
fails "$HW" run --model gpt2 --data few.csv --db few.db --counterfactual --group-by group,template --neuron-projections none --relevance answer
fails "$HW" sql few.db "SELECT count(*) FROM relevance a, hw_relevance(a.parts, 0.001)"
