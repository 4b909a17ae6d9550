# SPDX-License-Identifier: Apache-2.0
# A row of more than --max-row bytes fails by itself; a long one that is allowed fails for its tokens.
"$PY" -c "
print('prompt,answer')
print('Mary went to, the')
print('word ' * 300000 + ', the')
print('John went to, the')" >rows.csv
"$HW" run --model gpt2 --data rows.csv --db run.db --threads 1 --neuron-projections none --quiet
echo "exit $?"
"$HW" query run.db failed
"$HW" run --model gpt2 --data rows.csv --db more.db --threads 1 --neuron-projections none --quiet --max-row 2000000
echo "exit $?"
"$HW" query more.db failed | cut -c 1-90
"$HW" query more.db settings --format csv | grep max
fails "$HW" run --model gpt2 --data rows.csv --db more.db --max-row 1073741825
