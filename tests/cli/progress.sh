# SPDX-License-Identifier: Apache-2.0
# On a terminal a line of progress; else nothing so short but which columns were taken; --quiet nothing at all.
needs_terminal
run="run --model gpt2 --data ioi.csv --limit 100 --chunk-tokens 64 --threads $T"
# shellcheck disable=SC2086
"$PY" "$LIB/on_terminal.py" 100 "$HW" $run --db terminal.db >page
echo "exit $?"
tr '\r' '\n' <page | grep -cE 'prompts 100/100 +[0-9.]+ prompts/s +0s left +0 failed'
tr '\r' '\n' <page | grep -qE 'neurons 100/100' && echo "the stage of the neurons too"
tail -n 1 page | grep -oE '^terminal.db: 100 prompts stored, 0 failed'
# shellcheck disable=SC2086
"$HW" $run --db plain.db 2>stderr | sed -E 's/, [0-9]+s, [0-9]+ threads/, (time and threads)/'
grep -vc "prompt from" stderr
# shellcheck disable=SC2086
"$HW" $run --db quiet.db --quiet
