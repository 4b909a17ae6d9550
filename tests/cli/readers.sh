# SPDX-License-Identifier: Apache-2.0
# Programs that have a database open when a run ends, and Ctrl-C while a command waits for one.
small_run run.db
for name in idle reader waits certified; do cp run.db $name.db; done
mkfifo held
hold() { # how, db
  "$PY" "$LIB/hold.py" "$1" 300 "$2" >held &
  holding="${holding:-} $!"
  read -r _ <held
}
for how in idle reader; do
  "$PY" -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA journal_mode = WAL")' $how.db
  hold $how $how.db
  { "$HW" run --model gpt2 --data ioi.csv --db $how.db --limit 24 --neuron-projections none; echo "exit $?"; } >$how.log 2>&1 &
  ending="${ending:-} $!"
done
wait $ending
item "an idle connection: all is in the database"
grep -v '^headwater: ioi.csv' idle.log | sed 's/, [0-9ms]*, [0-9]* threads//'
"$PY" -c 'import os; print(os.path.getsize("idle.db-wal"), "bytes in the log")'
item "a reader of the state before"
grep -v '^headwater: ioi.csv' reader.log
item "Ctrl-C in a wait for the lock of a process that writes, and for a reader"
hold flock waits.db
hold reader certified.db
for command in "run --model gpt2 --data ioi.csv --db waits.db --limit 24 --neuron-projections none" "certify certified.db --model gpt2 --graph routes --baseline zero"; do
  # shellcheck disable=SC2086
  "$PY" "$LIB/interrupt.py" SIGINT seconds:5 run.db "$HW" $command >stdout 2>stderr
  echo "exit $?, $(wc -c <stdout) bytes on stdout"
  grep '^headwater' stderr | grep -v ioi.csv
done
kill $holding
