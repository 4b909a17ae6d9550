# SPDX-License-Identifier: Apache-2.0
# Read-only SQL with the functions that unpack columns.
small_run ioi.db --threads "$T" --targets 0,5
echo "--- formats"
"$HW" sql ioi.db "SELECT 1 AS one, NULL AS none, 'a, \"b\"' AS text, 0.5 AS half, x'00ff' AS bytes"
"$HW" sql ioi.db "SELECT 1 AS one, NULL AS none, 'a, \"b\"' AS text, 0.5 AS half, x'00ff' AS bytes" --format csv | tr -d '\r'
"$HW" sql ioi.db "SELECT 1 AS one, NULL AS none, 'a, \"b\"' AS text, 0.5 AS half, x'00ff' AS bytes" --format json
for format in table csv json; do "$HW" sql ioi.db "SELECT 9e999 AS infinite, -9e999 AS negative, 1 AS one" --format $format | tr -d '\r'; done
echo "--- no rows"
"$HW" sql ioi.db "SELECT prompt_id FROM prompt WHERE 0"
"$HW" sql ioi.db "SELECT prompt_id FROM prompt WHERE 0" --format csv | tr -d '\r'
"$HW" sql ioi.db "SELECT prompt_id FROM prompt WHERE 0" --format json
echo "--- a statement from stdin"
printf 'SELECT 1 AS one;\n-- a comment\n' | "$HW" sql ioi.db
echo 'SELECT 2 AS two' | "$HW" sql ioi.db - --format json
echo 'SELECT 1; SELECT 2' | "$HW" sql ioi.db; echo "exit $?"
"$HW" sql ioi.db </dev/null; echo "exit $?"
printf 'SELECT 1\0' | "$HW" sql ioi.db; echo "exit $?"
echo "--- what there is"
"$HW" sql ioi.db .tables | grep -e '^type' -e ' prompt$' -e ' head_importance$' -e ' sqlite_'
echo .tables | "$HW" sql ioi.db --format csv | tr -d '\r' | head -n 1
"$HW" sql ioi.db ".schema Failed"
[ "$("$HW" sql ioi.db .schema | grep -c "^CREATE ")" -gt 20 ] && echo "all statements"
"$HW" sql ioi.db ".schema nothing"; echo "exit $?"
"$HW" sql ioi.db .table; echo "exit $?"
echo "--- functions"
"$HW" sql ioi.db "SELECT count(*) = (SELECT sum(n_edges) FROM graph_info) AS edges_agree FROM graph g, hw_edges(g.edges)" --format csv | tail -n 1
for f in hw_edges:edges hw_heads:heads hw_neurons:neurons hw_projections:projections; do
  "$HW" sql ioi.db "SELECT count(*) > 0 AS rows FROM graph g, ${f%:*}(g.${f#*:})" --format json
  "$HW" sql ioi.db "SELECT f.* FROM graph g, ${f%:*}(g.${f#*:}) f LIMIT 1" --format csv | head -n 1 | tr -d '\r'
done
"$HW" sql ioi.db "SELECT group_concat(t.token_id) = '' AS empty FROM prompt p, hw_tokens(p.tokens) t WHERE p.prompt_id = 0" --format json
echo "--- a higher threshold is a filter"
"$HW" sql ioi.db "SELECT (SELECT count(*) FROM graph g, hw_edges(g.edges, 0.2)) < (SELECT count(*) FROM graph g, hw_edges(g.edges)) AS fewer" --format json
echo "--- weights of a node sum to 1"
"$HW" sql ioi.db "SELECT round(min(s), 9) AS least, round(max(s), 9) AS most FROM
  (SELECT sum(e.weight) AS s FROM graph g, hw_edges(g.edges) e GROUP BY g.prompt_id, g.target_pos, e.layer, e.kind LIKE 'ffn%', e.target)"
echo "--- the views of the README"
for view in head_importance head_importance_by_group neuron_importance edge_frequency prompt_prediction edge head neuron projection; do
  "$HW" sql ioi.db "SELECT count(*) > 0 AS $view FROM $view" --format json
done
