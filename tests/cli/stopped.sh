# SPDX-License-Identifier: Apache-2.0
# Ctrl-C and SIGTERM in mine and compare: they stop at once, say so, and change nothing. What a kill leaves is undone by the next command,
# and where that cannot be written it is named.
small_run run.db --group-by group --threshold 0.003 --limit 40
"$HW" mine run.db --min-support 0.5 --top 1 >/dev/null
"$HW" compare run.db --by group=ABBA,BABA --permutations 20 --top 1 >/dev/null 2>&1
cksum <run.db >before
long_mine="mine run.db --min-support 0.05 --roles all --items heads+ffn --timeout 10000 --memory 100000"
long_compare="compare run.db --by group=ABBA,BABA --pairs none --cluster none --permutations 1000000000"
stop() { # signals, words of the command
  # shellcheck disable=SC2086
  "$PY" "$LIB/interrupt.py" "$1" seconds:1 run.db "$HW" $2 >stdout 2>stderr
  echo "exit $?, $(wc -c <stdout) bytes on stdout"
  grep . stderr
  cksum <run.db >after; cmp before after && ls run.db*
}
for signal in SIGINT SIGTERM; do
  item "$signal"
  stop $signal "$long_mine"
  stop $signal "$long_compare"
done
item "a second one"
stop SIGINT,SIGINT "$long_compare" | head -1
item "a kill while the commit is under way"
hot() { "$PY" "$LIB/hot.py" journal "$1" && ls "$1"*; }
"$HW" digest run.db >digest
for command in "digest hot.db" "query hot.db top_heads --limit 1" "export hot.db --out out" "mine hot.db --min-support 0.5 --top 1" "compare hot.db --by group=ABBA,BABA --permutations 20" \
  "compare run.db --with hot.db --permutations 20 --save no" "rethreshold hot.db --threshold 0.1 --out new.db"; do
  rm -f hot.db new.db
  cp run.db hot.db
  hot hot.db >listed
  # shellcheck disable=SC2086
  "$HW" $command >stdout 2>stderr
  echo "$(echo "$command" | cut -d ' ' -f 1): exit $?, $(wc -l <listed) files before, $(ls hot.db* | wc -l) after, $(grep -c headwater: stderr) errors"
  "$HW" digest hot.db | cmp - digest
done
