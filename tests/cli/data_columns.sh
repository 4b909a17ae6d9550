# SPDX-License-Identifier: Apache-2.0
# What a run says of its data set before it starts: which column was taken for what, which are kept, how quotes were read.
summary() { sed -E 's/, ([0-9]+m)?[0-9]+s, [0-9]+ threads/, (time and threads)/'; }
tell() { # file, options...
  data=$1
  shift
  rm -f out.db
  "$HW" run --model gpt2 --data "$data" --db out.db --neuron-projections none --threads "$T" "$@" 2>&1 | summary
}
values() { "$HW" sql out.db "SELECT prompt_id, text, key, value FROM prompt LEFT JOIN prompt_value USING(prompt_id)"; }
quoting() { "$HW" sql out.db "SELECT count(*) AS recorded, min(value) AS quoting FROM setting WHERE name = 'quoting'"; }
item "blanks and capitals in names"
printf ' Prompt, ANSWER ,Foil,Template\nMary and,John,Anna,1\nJohn went,to,by,2\n' >names.csv
tell names.csv
values
"$HW" sql out.db "SELECT name FROM prompt_group"
tell names.csv --prompt-column prompt --foil-column 'answer' --group-by foil
item "a column without a name, as the index of pandas"
printf ',prompt,answer\n7,Mary and,John\n' >index.csv
tell index.csv
values
fails "$HW" run --model gpt2 --data index.csv --db out.db --prompt-column words
item "columns that differ by case only"
printf 'prompt,Answer,answer\nMary and,x,John\n' >case.csv
tell case.csv
tell case.csv --answer-column ANSWER
printf 'prompt,score,Score,text,Text,data.text,SCORE,other\nMary and,1,20,a,b,c,300,d\nJohn went,2,10,a,b,c,400,d\n' >scores.csv
tell scores.csv
"$HW" query out.db prompts --format csv | tr -d '\r' | cut -d, -f1,18-
"$HW" sql out.db 'SELECT prompt_id FROM prompt_wide WHERE "score#3" < 2 AND "Score#2" = 20'
fails "$HW" compare out.db --where "score < 2"
item "the columns of a JSONL file are those of all its rows"
printf '{"prompt":"Mary and","target":"John"}\n{"prompt":"John went","target":"by","answer":["to"],"label":"x"}\n' >later.jsonl
tell later.jsonl
values
tell later.jsonl --group-by label
item "quotes in a table with tabs"
printf 'prompt\tanswer\n"Mary ""and"""\tJohn\n' >wrapped.tsv
tell wrapped.tsv
values; quoting
tell wrapped.tsv --quoting never
values; quoting
printf 'prompt\tanswer\n"Mary" and\tJohn\n"John went\tto\n' >loose.tsv
tell loose.tsv
values; quoting
printf 'prompt\tanswer\nMary and\tJohn\n' >none.tsv
tell none.tsv --quoting always
quoting
printf 'prompt,answer\n"Mary and",John\n' >wrapped.csv
tell wrapped.csv
quoting
item "other delimiters"
printf 'sep=;\r\nprompt;answer\r\nMary and;John\r\n' >sep.csv
tell sep.csv
item "more columns than the view prompt_wide has"
for n in 499 500 521; do
  "$PY" -c "import sys; n = int(sys.argv[1]); print('prompt,' + ','.join(f'c{i}' for i in range(n))); print('Mary and,' + ','.join(map(str, range(n))))" $n >wide$n.csv
  tell wide$n.csv | sed 's/c[0-9]*, //g'
done
item "a run by itself, and one that says nothing"
tell ioi.csv --limit 2
tell ioi.csv --limit 2 --quiet
tell ioi.csv --limit 2 --dry-run | head -n 3
