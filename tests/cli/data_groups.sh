# SPDX-License-Identifier: Apache-2.0
# Grouping columns: blanks between their names, and their values kept with the prompt like those of any other column, also when a
# column has the name of the one that --counterfactual adds.
printf 'prompt,counterfactual,kind,label,variant\nMary and,Anna and,x,1,mine\nJohn went,Peter went,y,2,yours\n' >kinds.csv
common="--model gpt2 --data kinds.csv --neuron-projections none --quiet --threads $T"
"$HW" run $common --db plain.db --group-by ' kind, label '
"$HW" sql plain.db "SELECT prompt_id, name FROM prompt JOIN prompt_group USING(group_id) ORDER BY 1"
"$HW" sql plain.db "SELECT * FROM prompt_value"
"$HW" run $common --db both.db --counterfactual
"$HW" sql both.db "SELECT prompt_id, name FROM prompt JOIN prompt_group USING(group_id) ORDER BY 1"
"$HW" sql both.db "SELECT * FROM prompt_value WHERE key = 'variant'"
fails "$HW" run --model gpt2 --data kinds.csv --db out.db --group-by 'kind,,label'
fails "$HW" run --model gpt2 --data kinds.csv --db out.db --counterfactual --group-by variant
item "more than 256 groups"
"$PY" -c "
print('prompt,counterfactual,group,template,case,label')
for i in range(260): print(f'Mary,Anna,{i % 2},{i % 20},{i % 13},{i}')" >many.csv
dry() { "$HW" run --model gpt2 --data many.csv --threads "$T" --dry-run "$@" 2>&1 | grep -e splits -e split -e groups -e values; }
dry; dry --counterfactual; dry --limit 256; dry --limit 12
dry --group-by template,case
dry --group-by label; dry --group-by none
echo "--- 140 combinations: 280 with those of counterfactuals"
"$PY" -c "
print('prompt,counterfactual,a,b')
for i in range(280): print(f'Mary,Anna,{i % 14},{i // 14 % 10}')" >twice.csv
dry --data twice.csv --group-by a,b; dry --data twice.csv --group-by b,a --counterfactual
item "the same from a plan file, and where no row can be read"
dry --plan many.plan; dry --plan many.plan
printf 'prompt,group\n\377,a\n' >none.csv
dry --data none.csv
