# SPDX-License-Identifier: Apache-2.0
# A database that is moved or deleted while it is written: the command ends soon, says so, and loses nothing of a file that was moved.
long="run --model gpt2 --data ioi.csv --limit 300 --chunk-tokens 64 --commit-seconds 0 --neuron-projections none --threads 1 --quiet"
has_row() { # db, table
  "$PY" -c 'import sqlite3, sys; sys.exit(not sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute(f"SELECT EXISTS(SELECT 1 FROM {sys.argv[2]})").fetchone()[0])' "$@" 2>/dev/null
}
begin() { # db
  # shellcheck disable=SC2086
  "$HW" $long --db "$1" 2>log &
  running=$!
  until has_row "$1" chunk; do sleep 0.02; done
}
end() {
  code=0
  wait "$running" || code=$?
  sed "s:$PWD/::" log
  echo "exit $code"
}
stored() { "$HW" sql "$1" "SELECT count(*) > 0 AS prompts_are_stored, count(*) < 300 AS not_all FROM prompt" --format csv 2>/dev/null; }
item "moved"
begin a.db
mv a.db moved.db
end
cp moved.db alone.db
stored alone.db
# shellcheck disable=SC2086
"$HW" $long --db moved.db && "$HW" $long --db whole.db && same "digest" "$("$HW" digest moved.db)" "$("$HW" digest whole.db)"
item "moved while another program reads an older state"
begin b.db
mkfifo held
"$PY" "$LIB/hold.py" reader 60 b.db >held & read -r _ <held
mv b.db apart.db
end
kill $!
mv b.db-wal apart.db-wal
stored apart.db
"$HW" check apart.db | tail -n 1
item "deleted"
begin c.db
rm c.db c.db-wal c.db-shm
end
ls c.db* 2>/dev/null || true
item "another file in its place"
begin d.db
cp whole.db other.db
mv other.db d.db
end
same "the other file" "$("$HW" digest d.db)" "$("$HW" digest whole.db)"
item "a transaction with a journal"
cp whole.db e.db
"$HW" certify e.db --model gpt2 --graph routes --baseline zero --threads 1 --quiet >/dev/null 2>log &
running=$!
until has_row e.db certificate; do sleep 0.02; done
mv e.db f.db
end
"$HW" check f.db | tail -n 1
item "a symbolic link to it points elsewhere, which is no move"
mkdir data
ln -s data/d.db link.db
begin link.db
ln -sfn data/e.db link.db
end
same "digest" "$("$HW" digest data/d.db)" "$("$HW" digest whole.db)"
