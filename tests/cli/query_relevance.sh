# SPDX-License-Identifier: Apache-2.0
# Queries about relevances, where none were computed, or none of the mode that is asked for: not "(no rows)".
"$HW" run --model gpt2 --data ioi.csv --db plain.db --limit 2 --quiet --neuron-projections none
for query in relevance head_relevance ffn_relevance neuron_relevance role_relevance relevance_edges decisive_heads idle_heads "prompt_relevance --prompt 1"; do
  # shellcheck disable=SC2086
  fails "$HW" query plain.db $query
done
echo "--- graphs of other positions alone"
"$HW" run --model gpt2 --data ioi.csv --db targets.db --limit 2 --targets 0,3 --relevance answer --quiet --neuron-projections none
fails "$HW" query targets.db decisive_heads
fails "$HW" query targets.db idle_heads
"$HW" query targets.db head_relevance --limit 1 --format csv | wc -l
echo "--- modes"
fails "$HW" query targets.db head_relevance --mode contrast
fails "$HW" query targets.db head_relevance --mode neither
"$HW" query targets.db relevance --mode answer --format csv | wc -l
echo "--- thresholds: shares may exceed 1"
small_run ioi.db --limit 40 --relevance answer
"$HW" query ioi.db relevance_edges --threshold 1 --format csv | wc -l
for prompt in 0 1 2 3 4 5 6 7; do "$HW" query ioi.db prompt_relevance --prompt $prompt --threshold 1 --format csv; done | grep -c '^attention\|^ffn'
fails "$HW" query ioi.db relevance_edges --threshold -1
fails "$HW" sql ioi.db "SELECT * FROM graph g, hw_edges(g.edges, 1.0)"
