# SPDX-License-Identifier: Apache-2.0
# Data sets that cannot be read at all.
bad() { # options...
  fails "$HW" run --model gpt2 --db out.db "$@"
}
item "no file"; bad --data nowhere.csv
item "a folder"; mkdir folder.csv; bad --data folder.csv
item "empty"; : >empty.csv; bad --data empty.csv
: >empty.txt; bad --data empty.txt
: >empty.jsonl; bad --data empty.jsonl
printf '[]' >empty.json; bad --data empty.json
item "only a header"; echo prompt,answer >header.csv; bad --data header.csv
item "no column of prompts"; printf 'question,label\nMary,x\n' >none.csv; bad --data none.csv
item "unknown columns"
bad --data ioi.csv --prompt-column promt
bad --data ioi.csv --answer-column nothing
bad --data ioi.csv --foil-column foul
bad --data ioi.csv --group-by group,tempate
item "no counterfactuals"
printf 'prompt,answer\nMary,x\n' >pairless.csv; bad --data pairless.csv --counterfactual
bad --data pairless.csv --counterfactual --counterfactual-column other
printf 'Mary\n' >pairless.txt; bad --data pairless.txt --counterfactual
printf '{"prompt":"Mary"}\n{"prompt":"Anna"}\n' >pairless.jsonl; bad --data pairless.jsonl --counterfactual
printf '{"prompt":"Mary","corrupted":null}\n{"prompt":"Anna","corrupted":""}\n' >null.jsonl; bad --data null.jsonl --counterfactual
printf 'prompt,counterfactual\nMary,\nAnna,\n' >empty_pairs.csv; bad --data empty_pairs.csv --counterfactual
item "roles with the names of derived ones"
printf 'prompt,role.-\n"Mary and John",Mary\n' >dash.csv; bad --data dash.csv
printf 'prompt\n"[END:Mary] and John"\n' >end.csv; bad --data end.csv --spans
item "too many roles"
"$PY" -c 'print("prompt"); print(" ".join("[R%d:a]" % i for i in range(31)))' >roles.csv; bad --data roles.csv --spans
item "a column of too many values to group by"; bad --data ioi.csv --group-by prompt
"$PY" -c 'print("prompt,id"); [print("Mary,%d" % i) for i in range(300)]' >ids.csv; bad --data ids.csv --group-by id
item "two columns of one name"; printf 'prompt,prompt\nMary,x\n' >twice.csv; bad --data twice.csv
item "a header whose quote is never closed"; printf 'prompt,"answer\nMary,x\nAnna and,y\n' >quote.csv; bad --data quote.csv
item "an unknown format"; bad --data ioi.csv --format cvs
cp quote.csv data; bad --data data
item "a gzip that is cut, and one that is none"
gzip -c ioi.csv | head -c 5000 >cut.csv.gz; bad --data cut.csv.gz
cp ioi.csv none.csv.gz; bad --data none.csv.gz
item "JSON"
printf '[{"prompt":"Mary"},{"prompt"' >cut.json; bad --data cut.json
printf '[{"prompt":"Mary"}] more' >more.json; bad --data more.json
printf 'not json\nneither\n' >lines.jsonl; bad --data lines.jsonl
