# SPDX-License-Identifier: Apache-2.0
# A database of schema version 2 (tests/migrate): readers say what to do, the first command that writes migrates it. Rows, digest and queries
# stay, its schema is that of a new file, and its run goes on.
run="run --model gpt2 --data ioi.csv --limit 4 --chunk-tokens 40 --threads 1 --group-by group --counterfactual --targets 3,4 --top-tokens 1 --top-neurons 1 --neuron-projections used --quiet"
gunzip -c "$ROOT/tests/migrate/v2.db.gz" >v2.db
for name in other first early foreign; do cp v2.db $name.db; done
edit() { "$PY" -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2])' "$@"; }
item "readers"
fails "$HW" digest v2.db
fails "$HW" query v2.db top_heads
fails "$HW" compare v2.db --by group=ABBA,BABA
item "another run"
fails "$HW" run --model gpt2 --data ioi.csv --db other.db --limit 5
item "version 1"
edit first.db "PRAGMA user_version = 1"
fails "$HW" mine first.db
item "a step that fails"
edit foreign.db "CREATE TABLE head_importance_2(x); DROP VIEW head_importance; CREATE TABLE head_importance(x)"
fails "$HW" mine foreign.db
item "a table is missing in a file of version 2"
gunzip -c "$ROOT/tests/migrate/v2.db.gz" >old.db
edit old.db "DROP TABLE role"
fails "$HW" pack old.db
"$PY" -c 'import sqlite3; print("version", *sqlite3.connect("old.db").execute("PRAGMA user_version").fetchone())'
item "a table of this version is missing"
small_run less.db
edit less.db "DROP TABLE relevance"
for command in pack mine "run --model gpt2 --data ioi.csv --limit 24 --neuron-projections none --quiet --db"; do
  # shellcheck disable=SC2086
  fails "$HW" $command less.db
done
item "a command that writes"
"$HW" mine v2.db --delete 9
"$HW" digest v2.db 2>/dev/null
sh "$ROOT/tests/migrate/queries.sh" "$HW" v2.db 2>&1 | diff "$ROOT/tests/migrate/queries.txt" - && echo "queries say the same"
"$HW" mine v2.db --delete 9
item "a table comparison of an earlier program"
edit early.db "ALTER TABLE comparison DROP COLUMN n_prompts"
"$HW" mine early.db --delete 9
"$HW" query early.db comparisons --format json 2>/dev/null | grep -o '"stale": *[0-9a-z]*'
item "the run goes on, and the schema is that of a new file"
# shellcheck disable=SC2086
"$HW" $run --db v2.db && "$HW" $run --db new.db
same "digest" "$("$HW" digest v2.db 2>/dev/null)" "$("$HW" digest new.db)"
"$HW" mine new.db --min-support 0.9 --top 1 >/dev/null
"$HW" compare new.db --by group=ABBA,BABA --permutations 20 >/dev/null 2>&1
"$HW" compare v2.db --by group=ABBA,BABA --permutations 20 --seed 2 >/dev/null 2>&1 # makes the table of comparisons anew
"$PY" - v2.db new.db <<'END'
import re, sqlite3, sys
def schema(path):
  c = sqlite3.connect(path)
  text = {(kind, name): " ".join(re.sub(r"--[^\n]*", "", sql or "").split()).replace(" ,", ",").replace("( ", "(").replace(" )", ")")
          for kind, name, sql in c.execute("SELECT type, name, sql FROM sqlite_schema")}
  return text | {"user_version": c.execute("PRAGMA user_version").fetchone()}
old, new = map(schema, sys.argv[1:])
for name in sorted(set(old) | set(new), key=str):
  if old.get(name) != new.get(name): print("BUT", name, old.get(name), new.get(name), sep="\n  ")
print("schema compared:", len(new) > 50)
END
item "certificates of last positions, whose graphs the run did not store"
"$HW" certify v2.db --model gpt2 --graph contrast --random 0 --limit 1 --quiet
"$HW" sql v2.db "SELECT count(*) AS certificates, count(kept) AS with_numbers FROM certificate"
"$HW" check v2.db | tail -n 1
