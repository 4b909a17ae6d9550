# SPDX-License-Identifier: Apache-2.0
# Programs that have a database open when a run ends, and Ctrl-C while a command waits for one.
small_run run.db
for name in idle reader brief waits certified; do cp run.db $name.db; done
mkfifo held
hold() { # how, db
  "$PY" "$LIB/hold.py" "$1" 300 "$2" >held &
  holding="${holding:-} $!"
  read -r _ <held
}
again="run --model gpt2 --data ioi.csv --limit 24 --neuron-projections none --db"
use_log() { "$PY" -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA journal_mode = WAL")' "$1"; }
masked() { grep -v '^headwater: ioi.csv' "$1" | sed -E 's/, [0-9ms]*, [0-9]* threads//; s/waited [5-9] s/waited (n) s/; s/with [0-9]+ of/with N of/'; }
for how in idle reader; do
  use_log $how.db
  hold $how $how.db
  # shellcheck disable=SC2086
  { "$HW" $again $how.db --lock-timeout 4; echo "exit $?"; } >$how.log 2>&1 &
  ending="${ending:-} $!"
done
use_log brief.db
"$PY" "$LIB/hold.py" reader 8 brief.db >held & read -r _ <held
# shellcheck disable=SC2086
{ "$HW" $again brief.db; echo "exit $?"; ls brief.db*; } >brief.log 2>&1 &
ending="$ending $!"
long="run --model gpt2 --data ioi.csv --db stopped.db --commit-seconds 0 --chunk-tokens 64 --neuron-projections none --threads 1"
# shellcheck disable=SC2086
"$PY" "$LIB/interrupt.py" SIGINT chunks:1 stopped.db "$HW" $long >/dev/null 2>&1
use_log stopped.db
hold reader stopped.db
# shellcheck disable=SC2086
{ "$PY" "$LIB/interrupt.py" SIGINT chunks:20 stopped.db "$HW" $long; echo "exit $?"; } >stopped.log 2>&1 &
ending="$ending $!"
wait $ending
item "an idle connection: all is in the database"
masked idle.log
"$PY" -c 'import os; print(os.path.getsize("idle.db-wal"), "bytes in the log")'
item "a reader of the state before"
masked reader.log
item "one that ends"
masked brief.log
item "a run that is stopped beside a reader"
masked stopped.log
kill $holding
wait $holding 2>/dev/null
holding=''
item "the reader has ended: the same command again, and pack"
ls idle.db*
# shellcheck disable=SC2086
"$HW" $again idle.db --quiet && "$HW" pack reader.db >/dev/null && ls idle.db* reader.db*
"$HW" digest idle.db >one && "$HW" digest reader.db | cmp one - && "$HW" digest brief.db | cmp one - && echo "all are whole"
item "Ctrl-C in a wait for the lock of a process that writes, and for a reader"
hold flock waits.db
hold reader certified.db
for command in "$again waits.db" "certify certified.db --model gpt2 --graph routes --baseline zero"; do
  # shellcheck disable=SC2086
  "$PY" "$LIB/interrupt.py" SIGINT seconds:5 run.db "$HW" $command >stdout 2>stderr
  echo "exit $?, $(wc -c <stdout) bytes on stdout"
  grep '^headwater' stderr | grep -v ioi.csv
done
kill $holding
