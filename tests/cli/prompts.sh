# SPDX-License-Identifier: Apache-2.0
# A row a prompt with the data set's columns as columns: for right against wrong, and for joins.
printf '%s\n' '{"prompt":"When Mary and John went to the store, John gave a drink to","answer":" Mary","age":30,"text":"mine","it'"'"'s \"x\"":1}' \
  '{"prompt":"When Mary and John went to the store, Mary gave a drink to","answer":" Tom","age":"4.5","late":"007"}' \
  '{"prompt":"The","age":"old"}' '{"prompt":"A","age":""}' >data.jsonl
"$HW" run --model gpt2 --data data.jsonl --db d.db --chunk-tokens 16 --quiet --threads "$T"
"$HW" query d.db prompts --format json | "$PY" -c 'import json, sys
for row in json.load(sys.stdin): print({k: v if not isinstance(v, float) or k == "age" else round(v, 4) for k, v in row.items()})'
echo "--- numbers compare as numbers, also in another program"
"$PY" -c 'import sqlite3
c = sqlite3.connect("d.db")
print(c.execute("SELECT prompt_id, age, typeof(age) FROM prompt_wide WHERE age < 20").fetchall(), c.execute("SELECT avg(age), count(*) FROM prompt_wide WHERE correct").fetchall(), c.execute("SELECT count(*), count(age) FROM prompt_wide").fetchall())'
echo "--- the same columns for any order of chunks, in one part or two, and after rethreshold"
columns() { "$HW" query "$1" prompts --format csv | head -n 1; }
"$HW" run --model gpt2 --data data.jsonl --db e.db --quiet --threads "$T"
"$HW" rethreshold d.db --threshold 0.2 --out f.db >/dev/null
for db in e f; do same "$db.db" "$(columns d.db)" "$(columns $db.db)"; done
"$HW" run --model gpt2 --data ioi.csv --limit 40 --chunk-tokens 64 --db g.db --counterfactual --quiet --threads "$T"
"$HW" query g.db prompts --answers wrong --counterfactuals yes --format csv >wrong
"$HW" sql g.db "SELECT count(*) AS wrong FROM answer WHERE answer_rank > 1" --format csv | tail -n 1 | tr -d '\r'
tail -n +2 wrong | wc -l
head -n 1 wrong | tr -d '\r'
"$HW" query g.db prompts --group variant=clean,group=ABBA --limit 0 --format csv | tail -n +2 | wc -l
"$HW" query g.db prompts --answers some
