# SPDX-License-Identifier: Apache-2.0
# NUL bytes in a data set: where one stands in a column of the groups, that row fails alone, with its counterfactual; elsewhere it is a character.
printf 'prompt,counterfactual,group,answer\nMary and,Anna and,a,x\nJohn went,Peter went,b\0c,y\nAnna\0went,John went,b,y\0z\n' >nul.csv
printf '{"prompt":"Mary and","group":"a"}\n{"prompt":"John went","group":"x\\u0000y"}\n' >nul.jsonl
for options in "nul.csv" "nul.csv --counterfactual" "nul.jsonl" "nul.csv --group-by answer"; do
  item "$options"
  rm -f out.db
  "$HW" run --model gpt2 --db out.db --neuron-projections none --quiet --threads "$T" --data $options
  echo "exit $?"
  "$HW" query out.db failed
  "$HW" sql out.db "SELECT prompt_id, name FROM prompt JOIN prompt_group USING(group_id) ORDER BY 1"
  "$HW" check out.db | tail -n 1
done
item "no group, and a dry run"
"$HW" run --model gpt2 --data nul.csv --group-by none --quiet --dry-run | head -n 1
"$HW" run --model gpt2 --data nul.csv --quiet --dry-run | head -n 1
item "a column that is left out, as it has more than 256 values"
"$PY" -c "
print('prompt,label')
for i in range(300): print(f'Mary,{i}' + chr(0) * (i == 7))" >ids.csv
"$HW" run --model gpt2 --data ids.csv --db ids.db --neuron-projections none --threads "$T" 2>&1 | grep -e splits -e split
"$HW" query ids.db failed
item "no row has a counterfactual"
printf 'prompt,counterfactual,group\nMary and,Anna and,a\0\nJohn went,Peter went,\0\n' >all.csv
fails "$HW" run --model gpt2 --data all.csv --db out.db --counterfactual
printf 'prompt,counterfactual,group\nMary and,,a\nJohn went,Peter went,\0\n' >all.csv
fails "$HW" run --model gpt2 --data all.csv --db out.db --counterfactual
item "two processes with one plan"
for k in 1 2; do
  "$HW" run --model gpt2 --data nul.csv --db shard$k.db --neuron-projections none --quiet --threads "$T" --shard $k/2 --plan run.plan --chunk-tokens 3
  echo "exit $?"
  "$HW" query shard$k.db failed
done
