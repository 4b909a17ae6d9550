# SPDX-License-Identifier: Apache-2.0
# Counterfactual prompts: traced beside their own, summed apart, with the clean prompt's roles.
printf 'prompt,answer,foil,counterfactual,role.IO,role.S1,role.S2\n' >pairs.csv
printf '"When Mary and John went to the store, John gave a drink to",Mary,John,"When Mary and John went to the store, Anna gave a drink to",Mary,John,John\n' >>pairs.csv
printf '"When Anna and Mary went to the store, Mary gave a drink to",Anna,Mary,"When Anna and Mary went to the store, John gave a drink to",Anna,Mary,Mary\n' >>pairs.csv
printf '"When Anna and Mary went to the store, Mary gave a drink to",Anna,Mary,,Anna,Mary,Mary\n' >>pairs.csv
common="--model gpt2 --data pairs.csv --neuron-projections none --quiet --threads $T"
"$HW" run $common --db both.db --counterfactual
echo "exit $?"
"$HW" sql both.db "SELECT prompt_id, reason FROM failed"
"$HW" sql both.db "SELECT p.prompt_id, p.counterfactual_of, g.name, p.text FROM prompt p JOIN prompt_group g USING(group_id) ORDER BY 1"
same "roles of the clean prompt" "$("$HW" sql both.db "SELECT hex(roles) FROM prompt WHERE prompt_id = 0" --format csv)" \
  "$("$HW" sql both.db "SELECT hex(roles) FROM prompt WHERE prompt_id = 3" --format csv)"
"$HW" run $common --db clean.db
same "the sums of the clean prompts" "$("$HW" sql clean.db "SELECT name, mean, ci_lo FROM head_importance" --format csv)" \
  "$("$HW" sql both.db "SELECT name, mean, ci_lo FROM head_importance" --format csv)"
edge="--head L0H0 --source S1 --target S1 --limit 9 --format csv"
prompts() { "$HW" query both.db edge_prompts $edge "$@"; }
"$HW" sql both.db "SELECT count(*) > 0 AS prompts_that_have_the_edge, sum(prompt_id > 2) > 0 AS counterfactuals_too FROM (SELECT DISTINCT prompt_id FROM edge e
  JOIN prompt p USING(prompt_id)
  WHERE kind = 'attention' AND layer = 0 AND head = 0 AND source = target AND hw_role_at(p.roles, source) = (SELECT role_id FROM role WHERE name = 'S1'))"
echo "an edge's prompts:"; prompts
echo "with counterfactuals:"; prompts --counterfactuals yes
echo "in the view:"
"$HW" sql both.db "SELECT counterfactual, count(*) AS n, min(prompt_id) AS first, max(prompt_id) AS last FROM item_prompt GROUP BY 1"
"$HW" mine both.db --min-support 0.5 >/dev/null 2>&1
"$HW" sql both.db "SELECT count(*) > 0 AS mined, sum(g.graph_id >> 20 > 2) AS counterfactuals FROM circuit c, hw_item_graphs(c.graphs) g"
"$HW" run $common --db again.db --counterfactual --chunk-tokens 256
same "again, with the number of chunk-tokens that was chosen" "$("$HW" digest both.db)" "$("$HW" digest again.db)"
