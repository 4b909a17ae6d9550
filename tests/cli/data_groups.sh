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
