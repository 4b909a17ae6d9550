# SPDX-License-Identifier: Apache-2.0
# On a terminal a line of progress, also before the first chunk ends; else nothing so short but what was taken of the data; --quiet
# nothing at all.
needs_terminal
run="run --model gpt2 --data ioi.csv --limit 100 --threads $T"
# shellcheck disable=SC2086
"$PY" "$LIB/on_terminal.py" 100 "$HW" $run --chunk-tokens 100000 --targets all --db terminal.db >page
echo "exit $?"
tr '\r' '\n' <page >lines
grep -qE 'prompts 0/100 +0.0/s$' lines && echo "a line before the first chunk ends"
sed -E 's/^.*neurons ([0-9]+)\/\1 +[0-9.]+\/s +0s left$/neurons (all)/; s/, ([0-9]+m)?[0-9]+s,.*//' lines | tail -n 2
item "the line of what ends with a table is wiped out"
"$PY" "$LIB/on_terminal.py" 100 "$HW" compare terminal.db --by group=ABBA,BABA --permutations 6000000 --top 1 >page
tr '\r' '\n' <page | grep -cE 'permutations [0-9]+/6000000 ' | sed 's/^[1-9].*/some/'
grep -c "\[Kimportance of heads" page
item "no terminal"
# shellcheck disable=SC2086
"$HW" $run --db plain.db 2>stderr | sed -E 's/, ([0-9]+m)?[0-9]+s, [0-9]+ threads/, (time and threads)/'
grep -vc -e "prompt from" -e "a space is put" stderr
# shellcheck disable=SC2086
"$HW" $run --db quiet.db --quiet
