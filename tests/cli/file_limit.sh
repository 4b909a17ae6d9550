# SPDX-License-Identifier: Apache-2.0
# The limit on the size of files (ulimit -f) is met as a full disk is, whether its signal is ignored or not.
run="run --model gpt2 --data ioi.csv --limit 160 --commit-seconds 0 --chunk-tokens 64 --threads $T --neuron-projections none --quiet"
# shellcheck disable=SC2086
"$HW" $run --db whole.db
for trap in ignored default; do
  item "SIGXFSZ $trap"
  # shellcheck disable=SC2086
  (
    [ $trap = default ] || trap '' XFSZ
    ulimit -f 1500
    exec "$HW" $run --db $trap.db
  ) >stdout 2>stderr
  echo "exit $?, $(wc -c <stdout) bytes on stdout, $(wc -l <stderr) line on stderr"
  sed 's/: cannot [a-z ]*:.*/: cannot (do): (why)/' stderr
  check_database $trap.db
  # shellcheck disable=SC2086
  "$HW" $run --db $trap.db
  echo "exit $?"
  same "as an uninterrupted run" "$("$HW" digest $trap.db)" "$("$HW" digest whole.db)"
done
