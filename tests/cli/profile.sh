# SPDX-License-Identifier: Apache-2.0
# run --profile: where the workers' time went, in print and in a table beside the run, which it does not change.
small_run plain.db --neuron-projections used
small_run quiet.db --neuron-projections used --profile --threads "$T"
run="run --model gpt2 --data ioi.csv --db ioi.db --limit 24 --profile --threads $T"
# shellcheck disable=SC2086
"$HW" $run 2>/dev/null | grep -v " stored" | sed -E 's/ +[0-9]+\.[0-9]+ s/  N s/; s/ +[0-9]+\.[0-9]%/  N%/; s/, [0-9.]+ s in all/, N s in all/'
same "the digest is that of a run without" "$("$HW" digest ioi.db)" "$("$HW" digest plain.db)"
same "and of a quiet one" "$("$HW" digest quiet.db)" "$("$HW" digest plain.db)"
"$HW" sql plain.db "SELECT count(*) AS tables FROM sqlite_schema WHERE name = 'process_stage'" --format csv
"$HW" sql ioi.db "SELECT count(*) AS stages, min(seconds) >= 0 AS none_below_0, sum(seconds) > 0 AS some FROM process_stage JOIN process USING(process_id)" --format csv
"$HW" sql quiet.db "SELECT (SELECT seconds FROM process_stage WHERE stage = 'forward pass') > 0 AS forward,
  (SELECT seconds FROM process_stage WHERE stage = 'neurons') > 0 AS neurons,  (SELECT seconds FROM process_stage WHERE stage = 'projections') > 0 AS projections, (SELECT seconds FROM process_stage WHERE stage = 'store') > 0 AS store" --format csv
echo "--- continued: a process more"
# shellcheck disable=SC2086
"$HW" $run --quiet
"$HW" sql ioi.db "SELECT process_id, count(*) AS stages FROM process_stage GROUP BY process_id" --format csv
same "the digest stays" "$("$HW" digest ioi.db)" "$("$HW" digest plain.db)"
