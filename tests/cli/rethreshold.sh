# SPDX-License-Identifier: Apache-2.0
# Another threshold from the stored rows equals a rerun.
small_run low.db --threshold 0.04 --floor 0.01 --threads "$T" --neuron-projections used
"$HW" rethreshold low.db --threshold 0.1 --out high.db
"$HW" rethreshold low.db --threshold 0.1 --out high.db
small_run rerun.db --threshold 0.1 --floor 0.01 --threads "$T" --neuron-projections used
for sql in "SELECT g.prompt_id, g.target_pos, e.* FROM graph g, hw_edges(g.edges) e" \
  "SELECT g.prompt_id, g.target_pos, h.* FROM graph g, hw_heads(g.heads) h" "SELECT * FROM head_importance" \
  "SELECT * FROM neuron_importance" "SELECT * FROM edge_frequency"; do
  "$HW" sql high.db "$sql" --format csv >one
  "$HW" sql rerun.db "$sql" --format csv >two
  cmp one two && [ "$(wc -l <one)" -gt 1 ] && echo "bit for bit: ${sql#* FROM }"
done
echo "--- without projections, which need the model, the digest is the same too"
small_run low2.db --threshold 0.04 --floor 0.01 --threads "$T" --project none
small_run rerun2.db --threshold 0.1 --floor 0.01 --threads "$T" --project none
"$HW" rethreshold low2.db --threshold 0.1 --out high2.db
same "the same content" "$("$HW" digest high2.db)" "$("$HW" digest rerun2.db)"
echo "--- projections are those of a rerun: what is stored depends on the floor alone"
for project in default all; do
  small_run at-$project.db --limit 8 --threshold 0.02 --floor 0.02 --threads "$T" --project $project --neuron-projections all
  small_run above-$project.db --limit 8 --threshold 0.1 --floor 0.02 --threads "$T" --project $project --neuron-projections all
  "$HW" rethreshold at-$project.db --threshold 0.1 --out raised.db
  "$HW" rethreshold above-$project.db --threshold 0.02 --out lowered.db
  same "from the floor upwards, $project" "$("$HW" digest raised.db)" "$("$HW" digest above-$project.db)"
  same "down to the floor, $project" "$("$HW" digest lowered.db)" "$("$HW" digest at-$project.db)"
  rm raised.db lowered.db
done
echo "--- projections of all neurons stay, at the same threshold the digest is the same"
small_run all.db --limit 8 --threshold 0.04 --floor 0.01 --threads "$T" --neuron-projections all
"$HW" rethreshold all.db --threshold 0.04 --out all-same.db
"$HW" rethreshold all.db --threshold 0.2 --out all-high.db
same "the same content" "$("$HW" digest all.db)" "$("$HW" digest all-same.db)"
count() { "$HW" sql "$1" "SELECT count(DISTINCT layer * 10000 + neuron) FROM neuron_token" --format csv | tail -n 1 | tr -d '\r'; }
same "as many neurons" "$(count all.db)" "$(count all-high.db)"
echo "--- downwards there are neurons without a projection, which is said"
small_run used.db --limit 8 --threshold 0.2 --floor 0.01 --threads "$T" --neuron-projections used
"$HW" rethreshold used.db --threshold 0.01 --out used-low.db 2>said
sed 's/[0-9][0-9]* of [0-9][0-9]*/N of M/' said
echo "--- what it refuses"
fails "$HW" rethreshold low.db --threshold 0.005 --out out.db
fails "$HW" rethreshold low.db --threshold 1 --out out.db
fails "$HW" rethreshold low.db --threshold 0.2 --out high.db
fails "$HW" rethreshold low.db --threshold 0.1 --out low.db
fails "$HW" rethreshold low.db --threshold 0.1 --out nowhere/out.db
fails "$HW" rethreshold nowhere.db --threshold 0.1 --out out.db
fails "$HW" rethreshold low.db --threshold 0.1
fails "$HW" rethreshold low.db --out out.db
fails "$HW" rethreshold
fails "$HW" rethreshold low.db --treshold 0.1 --out out.db
"$PY" -c 'import sqlite3; c = sqlite3.connect("low.db"); c.execute("UPDATE answer SET answer_log_probability = NULL WHERE prompt_id = 1"); c.commit()'
"$HW" rethreshold low.db --threshold 0.1 --out damaged.db
echo "exit $?"
echo "--- prompts that failed"
printf 'prompt\nMary and John went\nAnna and Tom went\n""\n' >failing.csv
"$HW" run --model gpt2 --data failing.csv --db failing.db --neuron-projections none --quiet --failed-ok --chunk-tokens 16
"$HW" rethreshold failing.db --threshold 0.1 --out failing-high.db
"$HW" sql failing-high.db "SELECT (SELECT count(*) FROM prompt) AS stored, (SELECT count(*) FROM failed) AS failed" --format csv
"$PY" -c 'import sqlite3; c = sqlite3.connect("failing.db"); c.execute("DELETE FROM chunk WHERE chunk_id = 0"); c.commit()'
fails "$HW" rethreshold failing.db --threshold 0.2 --out out.db
