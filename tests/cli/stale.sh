# SPDX-License-Identifier: Apache-2.0
# What was mined, compared or certified before the last prompts came is marked: on stderr, in the lists, in the manifest of an export.
run="run --model gpt2 --data ioi.csv --db run.db --limit 24 --chunk-tokens 64 --commit-seconds 0 --neuron-projections none --threads 1 --group-by group"
# shellcheck disable=SC2086
"$PY" "$LIB/interrupt.py" SIGINT chunks:2 run.db "$HW" $run >/dev/null 2>&1
"$HW" mine run.db --min-support 0.5 --top 1 >/dev/null 2>&1
"$HW" compare run.db --by group=ABBA,BABA --permutations 20 --top 1 >/dev/null 2>&1
"$HW" certify run.db --model gpt2 --graph routes --baseline zero --quiet >/dev/null 2>&1
look() {
  item "$1"
  "$HW" query run.db minings --format json 2>stderr | grep -o '"stale": *[0-9a-z]*'
  grep -v 'not finished' stderr
  "$HW" query run.db comparisons --format json 2>/dev/null | grep -o '"stale": *[0-9a-z]*'
  "$HW" query run.db certificates --format json 2>/dev/null | grep -o '"n":[0-9]*\|"complete":[0-9]\|"stale":[0-9a-z]*' |
    sed '/"n":24/!s/"n":[0-9]*/"n": some/' # a chunk more may be stored when the interrupt comes
  "$HW" export run.db --out out --tables group_size 2>/dev/null
  "$PY" -c 'import json; print(json.load(open("out/MANIFEST.json"))["stale"])'
}
look "when they were made"
# shellcheck disable=SC2086
"$HW" $run --quiet
look "when the rest had come"
"$HW" mine run.db --min-support 0.5 --top 1 >/dev/null
"$HW" compare run.db --by group=ABBA,BABA --permutations 20 --top 1 >/dev/null 2>&1
"$HW" certify run.db --model gpt2 --graph routes --baseline zero --quiet >/dev/null 2>&1
look "made again"
