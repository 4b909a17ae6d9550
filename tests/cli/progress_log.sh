# SPDX-License-Identifier: Apache-2.0
# A log file gets a line of progress every half minute, whether the work comes to a step or not. The commands would work for hours.
small_run some.db
mkfifo held
"$PY" "$LIB/hold.py" flock 45 some.db >held & holder=$!
read -r _ <held
timeout 34 "$HW" mine some.db >stdout 2>mine.log &
timeout -s KILL 34 "$HW" compare some.db --by group=ABBA,BABA --permutations 1000000000 --save no 2>compare.log >stdout &
timeout -s KILL 34 "$HW" run --model gpt2 --data ioi.csv --db run.db --targets all --chunk-tokens 1000000 --project all --convention both \
  --floor 0.0001 --threads 1 2>run.log >stdout
sleep 1
kill $holder
# A slow machine is still preparing the run.
grep -qE '^(prompts 0/1000|preparing) ' run.log && echo "run: a line"
grep -ohE '^(permutations [0-9]+/1000000000|preparing) ' compare.log mine.log | sed -E 's/permutations [0-9]+/permutations (n)/'
