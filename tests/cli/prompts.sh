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
item "long numbers are numbers, what may be an identifier stays as it is"
"$PY" - >long.csv <<'END'
print("prompt,value")
for value in """0.1234567890123456 0.12345678901234567 -0.9999999999999999 1.2345678901234567e-17 1e-17 1.7976931348623157e+308 1e5 123456789012345
1234567890123456 9007199254740993 -9223372036854775808 9223372036854775807 9223372036854775808 -9223372036854775809 12345678901234567890 1234567890123e45
007 +007 -007.5 0123456789.12345678 1e999 1.23456789012345678e999 10.1234567890123.5 0 0.5""".split():
    print("The value is,%s" % value)
END
"$HW" run --model gpt2 --data long.csv --db long.db --quiet --threads "$T" --neuron-projections none
"$PY" -c 'import sqlite3
for text, kind, value in sqlite3.connect("long.db").execute("""SELECT v.value, typeof(w.value), w.value FROM prompt_wide w JOIN prompt_value v USING(prompt_id) ORDER BY prompt_id"""):
    same = value == text if kind == "text" else value == int(text) if kind == "integer" and text.lstrip("-").isdigit() else abs(value - float(text)) <= 4e-16 * abs(value)
    print("%-24s %-8s %s" % (text, kind, "as it is" if same else "CHANGED: %r" % value))'
"$HW" query long.db prompts --format json | "$PY" -c 'import json, sys
print(sum(isinstance(row["value"], (int, float)) for row in json.load(sys.stdin)), "numbers in JSON")'
item "numbers of 17 digits are compared as numbers"
"$PY" -c 'import random
random.seed(1)
print("prompt,score")
for i in range(60): print("Mary went to,%s" % (repr(random.random()) if i % 2 else i / 60))' >scores.csv
"$HW" run --model gpt2 --data scores.csv --db scores.db --quiet --threads "$T" --neuron-projections none
"$HW" compare scores.db --where "score < 0.5" --permutations 100 --save no --top 1 2>/dev/null | grep "^[ab]: "
"$PY" -c 'import csv
low = sum(float(row["score"]) < 0.5 for row in csv.DictReader(open("scores.csv")))
print(low, 60 - low)'
"$HW" query g.db prompts --answers some
