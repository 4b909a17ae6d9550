# SPDX-License-Identifier: Apache-2.0
# Ctrl-C lets the chunks in work finish and says how to go on; the same command goes on.
run="run --model gpt2 --data ioi.csv --db stopped.db --commit-seconds 0 --chunk-tokens 64 --limit 250 --neuron-projections none --threads $T"
numbers() { sed -E 's/with [0-9]+ of/with N of/; s/\([0-9]+ were/(N were/; s/, ([0-9]+m)?[0-9]+s, [0-9]+ threads/, (time and threads)/'; }
for signal in SIGINT SIGTERM; do
  # shellcheck disable=SC2086
  "$PY" "$LIB/interrupt.py" $signal chunks:5 stopped.db "$HW" $run >stdout 2>stderr
  echo "exit $?, $(wc -c <stdout) bytes on stdout"
  numbers <stderr
  check_database stopped.db
  "$HW" sql stopped.db "SELECT count(*) BETWEEN 5 AND 245 AS part_of_it FROM prompt" --format csv 2>/dev/null | tail -n 1 | tr -d '\r'
  "$HW" query stopped.db top_heads --limit 1 >one_head 2>notice && wc -l <one_head
  sed -E 's/[0-9]+ of/N of/' notice
  cp stopped.db "$signal.db"
  rm -f stopped.db*
done
echo "--- a second Ctrl-C: at once"
# shellcheck disable=SC2086
"$PY" "$LIB/interrupt.py" SIGINT,SIGINT chunks:5 stopped.db "$HW" $run >stdout 2>stderr
echo "exit $?, $(wc -c <stdout) bytes on stdout"
check_database stopped.db
rm -f stopped.db*
echo "--- continue"
cp SIGINT.db stopped.db
# shellcheck disable=SC2086
"$HW" $run 2>&1 | numbers
"$HW" run --model gpt2 --data ioi.csv --db whole.db --commit-seconds 0 --chunk-tokens 64 --limit 250 --neuron-projections none --threads 2 --quiet
same "as an uninterrupted run" "$("$HW" digest stopped.db)" "$("$HW" digest whole.db)"
ls | grep stopped
echo "--- chunks of the size that the run has chosen itself"
run="run --model gpt2 --data ioi.csv --db chosen.db --limit 500 --commit-seconds 0 --neuron-projections none --threads $T"
# shellcheck disable=SC2086
"$PY" "$LIB/interrupt.py" SIGINT chunks:3 chosen.db "$HW" $run >stdout 2>stderr
echo "exit $?"
# shellcheck disable=SC2086
"$HW" $run 2>&1 | numbers
"$HW" run --model gpt2 --data ioi.csv --db whole.256.db --limit 500 --chunk-tokens 256 --neuron-projections none --threads 2 --quiet
same "as an uninterrupted run that was told the size" "$("$HW" digest chosen.db)" "$("$HW" digest whole.256.db)"
