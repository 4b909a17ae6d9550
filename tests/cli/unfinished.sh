# SPDX-License-Identifier: Apache-2.0
# Every command that reads a database says on stderr when its run is not finished.
head -n 13 ioi.csv >some.csv
echo "$(sed -n 2p ioi.csv | tr -cd ,)" >>some.csv
head -n 24 ioi.csv | tail -n 11 >>some.csv
"$HW" run --model gpt2 --data some.csv --db whole.db --group-by group --counterfactual --quiet
"$PY" - <<'END'
import shutil, sqlite3
shutil.copy("whole.db", "part.db")
part = sqlite3.connect("part.db")
part.execute("UPDATE run SET n_prompts = 20000")
part.commit()
END
check() { # words of the command
  for db in whole part; do
    item "$(echo "$*" | tr ' ' '\n' | head -n 1) of $db.db"
    "$HW" $(echo "$*" | sed "s/DB/$db/g") >stdout 2>stderr
    echo "    exit $?"
    grep -v '^saved\|^note' stderr
  done
}
check query DB.db top_heads --limit 20
check sql DB.db "VALUES(1)"
check digest DB.db
check export DB.db --out paper-DB
check mine DB.db
check mine DB.db --by group
check compare DB.db --by group=ABBA,BABA --permutations 10
check compare whole.db --with DB.db --permutations 10 --save no
echo "--- the manifest"
for db in whole part; do
  "$PY" -c 'import json, sys; print(json.load(open(sys.argv[1]))["prompts"])' paper-$db/MANIFEST.json
  "$HW" sql $db.db "SELECT (SELECT count(*) FROM prompt) AS stored, (SELECT count(*) FROM failed) AS failed" --format csv 2>/dev/null
done
echo "--- counts that cannot be read are no notice"
"$PY" -c '
import sqlite3
part = sqlite3.connect("part.db")
part.execute("UPDATE chunk SET n_prompts = 9223372036854775807, n_failed = 0")
part.execute("INSERT INTO chunk VALUES(1000, 0, 9223372036854775807, 0, 0)")
part.commit()'
"$HW" sql part.db "SELECT 1 AS one" --format csv
