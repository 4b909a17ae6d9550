# SPDX-License-Identifier: Apache-2.0
# Rows of a table stand in the order in which chunks ended, which threads decide. What queries and exports say of them must not depend on it, not in
# the last digits either: the same database with the rows of such tables the other way round.
"$HW" run --model gpt2 --data pronoun.csv --limit 60 --db one.db --counterfactual --relevance both --quiet --neuron-projections none
"$HW" certify one.db --model gpt2 --graph contrast --knockout 4 --pairs 2 --curve set --random 0 --limit 10 --quiet
"$HW" mine one.db --top 1 >/dev/null 2>&1
"$HW" compare one.db --where "prompt_id < 30" --permutations 9 >/dev/null 2>&1
"$PY" - <<'END'
import shutil, sqlite3
shutil.copy("one.db", "two.db")
c = sqlite3.connect("two.db")
for table, in c.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%WITHOUT ROWID%'").fetchall():
    columns = [(name, type_, key) for _, name, type_, _, _, key, hidden in c.execute(f"PRAGMA table_xinfo({table})") if not hidden]
    keys = [type_ for _, type_, key in columns if key]
    if keys == ["INTEGER"]:
        continue  # the key is the rowid
    names = ", ".join(name for name, _, _ in columns)
    rows = c.execute(f"SELECT {names} FROM {table} ORDER BY rowid DESC").fetchall()
    c.execute(f"DELETE FROM {table}")
    c.executemany(f"INSERT INTO {table}({names}) VALUES({', '.join('?' * len(columns))})", rows)
    print("turned round:", table, len(rows))
c.commit()
END
same "digest" "$("$HW" digest one.db)" "$("$HW" digest two.db)"
compared=0
for query in $("$HW" query one.db | sed -n 's/^  \([a-z][a-z_]*\)  .*/\1/p'); do
  for mode in "" "--mode answer"; do
    for db in one two; do
      # shellcheck disable=SC2086
      "$HW" query $db.db "$query" --limit 0 $mode --format csv >$db.csv 2>/dev/null || "$HW" query $db.db "$query" $mode --format csv >$db.csv 2>/dev/null
    done
    [ -s one.csv ] && compared=$((compared + 1))
    cmp -s one.csv two.csv || echo "$query $mode differs"
  done
done
echo "outputs of queries: $compared"
for db in one two; do PATH=/nowhere "$HW" export $db.db --out $db --figures 2>/dev/null; done
diff -rq one two && echo "exports: compared"
