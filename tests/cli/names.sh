# SPDX-License-Identifier: Apache-2.0
# Names of files are taken as they are; what a file holds does not steer a terminal; a long path leaves the reason of an error.
small_run file:run.db
"$HW" sql file:run.db "SELECT count(*) AS n FROM prompt"
cp file:run.db :memory:
"$HW" digest :memory: >one
"$HW" digest file:run.db | cmp one - && ls file:run.db
"$HW" compare file:run.db --with :memory: --permutations 20 --top 1 --save no 2>&1 | head -n 1
item "escapes"
printf 'prompt,a\033[31mred\302\233,answer\nMary went to,x, the\n' >escapes.csv
"$HW" run --model gpt2 --data escapes.csv --db escapes.db --threads 1 --neuron-projections none 2>&1 | head -n 1 | tr '\033\233' '!!'
item "long paths"
long=$("$PY" -c "print('/'.join(['d' * 200] * 10))")
"$HW" digest "$long/x.db" 2>&1 | grep -o '^headwater: ddd\|No such file or directory$'
"$HW" info "$long" 2>&1 | grep -o '^headwater: ddd\|d: .*$'
item "a small stack, and an empty file that an early kill left"
: >empty.db
(ulimit -s 256 && small_run empty.db --threads 2 && "$HW" digest empty.db) | cmp one - && echo "the same run"
