# SPDX-License-Identifier: Apache-2.0
# A log file gets a line of progress every half minute, whether the work comes to a step or not. The commands would work for hours; those that
# compute are stopped for most of the half minute.
small_run some.db --limit 40
mkfifo held
"$PY" "$LIB/hold.py" flock 300 some.db >held & holder=$!
read -r _ <held
"$HW" mine some.db >stdout 2>mine.log & waiting=$!
"$HW" compare some.db --by group=ABBA,BABA --pairs none --cluster none --permutations 1000000000 --save no 2>compare.log >stdout & comparing=$!
"$HW" run --model gpt2 --data ioi.csv --db run.db --targets all --chunk-tokens 1000000 --project all --convention both \
  --floor 0.0001 --threads 1 2>run.log >stdout & running=$!
sleep 1
kill -STOP $comparing $running
sleep 30
kill -CONT $comparing $running
# A slow machine is still preparing.
lines='^(prompts 0/1000|permutations [0-9]+/1000000000|preparing) '
for _ in $(seq 300); do
  [ "$(cat mine.log compare.log run.log | grep -cE "$lines")" -ge 3 ] && break
  sleep 0.1
done
kill -KILL $waiting $comparing $running
kill $holder
grep -qE '^(prompts 0/1000|preparing) ' run.log && echo "run: a line"
grep -ohE '^(permutations [0-9]+/1000000000|preparing) ' compare.log mine.log | sed -E 's/permutations [0-9]+/permutations (n)/'
