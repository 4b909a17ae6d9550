# SPDX-License-Identifier: Apache-2.0
# A database that is named by a symbolic link: SQLite's log and journal lie beside the file itself. Reading commands work off what a killed
# program left there, and messages name it there.
mkdir data
small_run data/run.db
"$HW" digest data/run.db >digest
"$HW" sql data/run.db "SELECT count(*) FROM prompt WHERE text LIKE '% and more'" --format csv >unchanged
for kind in journal log; do
  item "$kind"
  cp data/run.db data/$kind.db
  "$PY" "$LIB/hot.py" $kind data/$kind.db
  ln -s data/$kind.db $kind.db
  ls data/$kind.db*
  "$HW" sql $kind.db "SELECT count(*) AS changed_prompts FROM prompt WHERE text LIKE '% and more'" --format csv
done
"$HW" digest journal.db | cmp - digest && echo "undone"
item "a reader of an older state"
"$PY" -c 'import sqlite3; sqlite3.connect("data/run.db").execute("PRAGMA journal_mode = WAL")'
ln -s data/run.db run.db
mkfifo held
"$PY" "$LIB/hold.py" reader 60 run.db >held & read -r _ <held
{ small_run run.db --lock-timeout 0.1; echo "exit $?"; } 2>&1 | sed "s:$PWD/::"
kill $!
