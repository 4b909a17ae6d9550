# SPDX-License-Identifier: Apache-2.0
# Databases that must not be touched.
bad() { # options...
  fails "$HW" run --model gpt2 --data ioi.csv --limit 3 --neuron-projections none "$@"
}
item "a file that is no database"; echo "my notes, which are long enough to be a page of something" >notes.db; bad --db notes.db
for command in digest query; do fails "$HW" $command notes.db; done
fails "$HW" sql notes.db "SELECT 1"
fails "$HW" export notes.db --out out
item "the data set as database"; cp ioi.csv copy.csv; fails "$HW" run --model gpt2 --data copy.csv --db copy.csv --limit 3
item "somebody else's database"; "$PY" -c 'import sqlite3; c = sqlite3.connect("foreign.db"); c.execute("CREATE TABLE t(x)"); c.commit()'
bad --db foreign.db
fails "$HW" digest foreign.db
item "an empty database is nobody's to read"; : >empty.db; fails "$HW" digest empty.db
item "no such file"; fails "$HW" digest nowhere.db
fails "$HW" query nowhere.db top_heads
fails "$HW" sql nowhere.db "SELECT 1"
fails "$HW" export nowhere.db --out out
item "a folder"; mkdir folder.db; bad --db folder.db; fails "$HW" digest folder.db
item "a place that does not exist, or cannot be written"; bad --db nowhere/out.db; bad --db /proc/out.db
item "another run"
small_run other.db --limit 3
cp other.db newer.db; cp other.db older.db; cp other.db blob.db; head -c 30000 other.db >cut.db
before=$("$HW" digest other.db)
bad --db other.db --threshold 0.05
bad --db other.db --threshold 0.040000000000000008
bad --db other.db --limit 4
bad --db other.db --data pronoun.csv
bad --db other.db --model llama
bad --db other.db --top-tokens 5 --targets all --bos yes
same "it is as it was" "$before" "$("$HW" digest other.db)"
item "a newer version"; "$PY" -c 'import sqlite3; c = sqlite3.connect("newer.db"); c.execute("PRAGMA user_version = 99"); c.commit()'
bad --db newer.db; fails "$HW" digest newer.db; fails "$HW" export newer.db --out out
item "an older version"; "$PY" -c 'import sqlite3; c = sqlite3.connect("older.db"); c.execute("PRAGMA user_version = 1"); c.commit()'
bad --db older.db; fails "$HW" digest older.db
item "cut short"; bad --db cut.db; fails "$HW" digest cut.db
item "in use"; fails flock other.db "$HW" run --model gpt2 --data ioi.csv --limit 3 --neuron-projections none --lock-timeout 0.1 --db other.db
item "a damaged column"
"$PY" - <<'END'
import sqlite3
c = sqlite3.connect("blob.db")
c.execute("UPDATE graph SET edges = substr(edges, 1, 28) WHERE prompt_id = 1")
c.execute("UPDATE graph SET edges = x'00' WHERE prompt_id = 2")
c.commit()
END
fails "$HW" sql blob.db "SELECT e.* FROM graph g, hw_edges(g.edges) e WHERE prompt_id = 1"
fails "$HW" sql blob.db "SELECT e.* FROM graph g, hw_edges(g.edges) e WHERE prompt_id = 2"
fails "$HW" sql blob.db "SELECT e.* FROM graph g, hw_neurons(g.edges) e WHERE prompt_id = 0"
item "export to where nothing can be written"; fails "$HW" export other.db --out nowhere/out; fails "$HW" export other.db --out ioi.csv
fails "$HW" export other.db --out /proc/out
