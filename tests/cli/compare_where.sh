# SPDX-License-Identifier: Apache-2.0
# Two groups by conditions on the columns of the data set and on what the model made of it. A condition only reads.
small_run ioi.db --limit 80 --counterfactual --threads "$T"
compare() { "$HW" compare ioi.db --permutations 200 --save no --format csv "$@"; }
compare --by group=ABBA,BABA >by 2>/dev/null
compare --where "\"group\" = 'ABBA'" --where "\"group\" = 'BABA'" 2>/dev/null | cmp - by && echo "as --by"
compare --where "\"group\" = 'ABBA' -- a comment" --where "1 AND \"group\" = 'BABA'" 2>/dev/null | cmp - by && echo "with a comment"
compare --where "\"group\" = 'ABBA'" 2>/dev/null | cmp - by && echo "one condition: against those that do not satisfy it"
compare --where "\"group\" = 'ABBA' -- a comment" 2>/dev/null | cmp - by && echo "one condition with a comment"
item "a condition that is NULL for some prompts"
compare --where "nullif(place, 'gallery') = 'mill'" --format table --top 1 | grep "^[ab]: "
item "two conditions that are"
"$HW" compare ioi.db --where "logit_diff < 8" --where "logit_diff >= 8 AND place <> 'store'" --permutations 200 --top 1 >table
"$HW" sql ioi.db "SELECT count(*) FROM prompt_wide WHERE counterfactual_of IS NULL AND logit_diff < 8" --format csv | tail -n 1 | tr -d '\r' >n
grep -q "^a: where logit_diff < 8, $(cat n) prompts$" table && echo "as many prompts as there are, without counterfactuals"
"$HW" query ioi.db comparisons --format csv --limit 1 | cut -d, -f1,4-6 | tr -d '\r'
before=$("$HW" digest ioi.db)
item "a side with one cluster has no interval, a difference and a p all the same"
one=$("$HW" sql ioi.db "SELECT min(template) FROM prompt_wide WHERE counterfactual_of IS NULL" --format csv | tail -n 1 | tr -d '\r')
compare --where "template = '$one'" --cluster template 2>said | "$PY" -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
print("intervals:", sum(row["ci_lo"] != "" or row["standard_error"] != "" or row["df"] != "" for row in rows), "| p everywhere:", all(float(row["p"]) <= 1 for row in rows) and len(rows) > 9)'
grep "alone" said
compare --where "template IN ('$one', (SELECT max(template) FROM prompt_wide))" --cluster template 2>said | "$PY" -c '
import csv, sys
print("with two there are some:", any(row["ci_lo"] != "" for row in csv.DictReader(sys.stdin)))'
item "a text in a column of numbers, which SQL takes as larger than each number"
"$PY" -c '
import csv
rows = list(csv.DictReader(open("ioi.csv", newline="", encoding="utf-8")))[:20]
for i, row in enumerate(rows): row["score"] = "NA" if i % 4 == 3 else "1e400" if i == 0 else "0x10" if i == 1 else str(i / 20)
w = csv.DictWriter(open("na.csv", "w", newline="", encoding="utf-8"), list(rows[0]))
w.writeheader()
w.writerows(rows)'
small_run na.db --data na.csv --threads "$T" >/dev/null
for condition in "score > 0.5" "score > 0.5 AND typeof(score) = 'real'" "template < 'ioi-3'"; do
  echo "$condition: $("$HW" compare na.db --where "$condition" --pairs none --cluster none --save no --top 1 2>&1 | grep -E "^[ab]:|text in" | paste -sd ' ')"
done
"$HW" compare na.db --where "score > 0.5" --where "score < 0.4" --pairs none --cluster none --save no --top 1 2>&1 | grep -E "^[ab]:|text in"
item "what is no condition"
fails "$HW" compare ioi.db --where "correct ="
fails "$HW" compare ioi.db --where "corect"
fails "$HW" compare ioi.db --where '"corect" > 0 AND correct' --where 'NOT correct'
fails "$HW" sql ioi.db 'SELECT count(*) FROM prompt_wide WHERE "corect" > 0'
fails "$HW" compare ioi.db --where ""
fails "$HW" compare ioi.db --where "1); DELETE FROM prompt; SELECT (1"
fails "$HW" compare ioi.db --where "load_extension('x')"
fails "$HW" compare ioi.db --where "prompt_id = :limit"
item "what has no two groups"
fails "$HW" compare ioi.db --where "1) OR (1"
fails "$HW" compare ioi.db --where "random() % 2 = 0" | sed 's/^[^:]*: [0-9]* prompts/N prompts/; s/first prompt [0-9]*/first prompt N/'
fails "$HW" compare ioi.db --where "n_tokens > 10" --where "n_tokens > 12"
fails "$HW" compare ioi.db --where "n_tokens > 1000" --where "n_tokens > 12"
fails "$HW" compare ioi.db --where 1
fails "$HW" compare ioi.db --where 1 --where 2 --where 3
fails "$HW" compare ioi.db --where 1 --by group=ABBA,BABA
same "the database is as it was" "$before" "$("$HW" digest ioi.db)"
