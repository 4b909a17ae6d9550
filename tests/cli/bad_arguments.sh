# SPDX-License-Identifier: Apache-2.0
# What was typed wrong.
mask() { sed -E 's/[0-9]+ MiB/N MiB/'; }
bad() { # options...
  fails "$HW" run --model gpt2 --data ioi.csv --db out.db --limit 3 "$@"
}
item "thresholds"
for t in 0 1 -0.1 1.5 nan inf abc "" 0,04 1e-400 "0.04 "; do bad --threshold "$t"; done
bad --floor 0.1
bad --floor 1
fails "$HW" trace --model gpt2 --prompt Mary --threshold 0
fails "$HW" trace --model gpt2 --prompt Mary --threshold 0.1 --floor 0.2
item "options"
bad --treshold 0.1
bad --xyzzy
bad -t 3
bad --limit
bad --limit -1
bad --limit many
bad --threads 1.5
bad --threads 99999999999999999999
bad --bos maybe
bad --norm l3
bad --project some
bad --targets first
bad --targets 3,
bad --targets ""
bad --top-tokens 0
bad --chunk-tokens 2000000
bad --quiet=perhaps
bad one.ini two.ini
bad nowhere.ini
bad --memory 1 --threads 2
item "what is missing"
fails "$HW" run
fails "$HW" run --model gpt2
fails "$HW" run --model gpt2 --data ioi.csv
fails "$HW" trace
fails "$HW" trace --model gpt2
fails "$HW" trace --model gpt2 --prompt Mary --tokens 1
fails "$HW" trace --model gpt2 --prompt Mary --raw
fails "$HW" trace --model gpt2 --tokens 1,x
fails "$HW" trace --model gpt2 --prompt Mary --answer-token x --relevance answer
fails "$HW" trace --model gpt2 --prompt Mary --answer John --relevance answer --knockout zeros
fails "$HW" trace --model gpt2 --prompt Mary --answer John --foil John --relevance contrast --counterfactual Tom --knockout zeros
fails "$HW" trace Mary
fails "$HW" tokenize
fails "$HW" tokenize --model gpt2 --text x --lines
fails "$HW" info
fails "$HW" info gpt2 llama
fails "$HW" digest
fails "$HW" export ioi.db
item "ini files"
printf 'model = gpt2\ntreshold = 0.1\n' >key.ini; fails "$HW" run key.ini
printf '[a]\nmodel = gpt2\nthis is no line\n' >line.ini; fails "$HW" run line.ini
printf 'threshold = 2\n' >value.ini; fails "$HW" run value.ini
printf 'quiet = maybe\n' >flag.ini; fails "$HW" run flag.ini
: >empty.ini; fails "$HW" run empty.ini
item "commands"
fails "$HW" trac
fails "$HW" digets x.db
fails "$HW" xyzzy
fails "$HW" --verison
fails "$HW" ""
item "options that do not go together"
small_run few.db --limit 4 --neuron-projections none --group-by group
bad --format frob
fails "$HW" run --model gpt2 --data - --db out.db
fails "$HW" compare few.db --by group=ABBA,BABA --components heads --measure contrast
fails "$HW" compare few.db --by group=ABBA,BABA --components relevance --measure flow
fails "$HW" compare few.db --with few.db --pairs pair_id
fails "$HW" compare few.db --by group=ABBA,BABA --min-active 99999
fails timeout 20 "$HW" serve few.db --no-token --address 0.0.0.0
fails timeout 20 "$HW" serve few.db --precision bf16
fails timeout 20 "$HW" serve few.db --architecture x.json
bad --counterfactual-column other
bad --allow-mixed-kernels
fails "$HW" tokenize --model gpt2 --lines --json-lines
item "too many files"
# shellcheck disable=SC2046
fails "$HW" merge out.db $(seq 400 | sed 's/$/.db/') | head -n 1
# shellcheck disable=SC2046
fails "$HW" merge out.db $(seq 401 | sed 's/$/.db/')
item "help of what is no command of the list"
"$HW" help version | tail -n 1
"$HW" | grep -E '^  (run|rethreshold) '
