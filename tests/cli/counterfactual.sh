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
"$HW" run $common --db again.db --counterfactual --chunk-tokens 256
same "again, with the number of chunk-tokens that was chosen" "$("$HW" digest both.db)" "$("$HW" digest again.db)"
