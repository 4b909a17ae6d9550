# SPDX-License-Identifier: Apache-2.0
# Rows that cannot be traced are stored with their reason, the others are traced, and the run exits with 3.
summary() { sed -E 's/, ([0-9]+m)?[0-9]+s, [0-9]+ threads/, (time and threads)/'; }
long=$("$PY" -c 'print("and " * 200, end="")')
{
  printf 'prompt,answer,group\n'
  printf 'Mary and John went to the,store,a\n'
  printf '%s,store,a\n' "$long"
  printf ',store,b\n'
  printf 'bad \377 byte,store,b\n'
  printf 'Anna went to the,bad \377 answer,b\n'
  printf 'Anna went to the,park,b\n'
  printf 'too,many,cells,here\n'
  printf 'too few\n'
  printf '"two\nlines",store,a\n'
} >rows.csv
"$HW" run --model gpt2 --data rows.csv --db rows.db --threads "$T" >stdout 2>stderr
echo "exit $?"
summary <stdout
summary <stderr
"$HW" query rows.db failed --format csv | cut -c 1-90 | tr -d '\r'
"$HW" sql rows.db "SELECT prompt_id, group_id, n_tokens, text FROM prompt" | sed 's/ *$//'
"$HW" sql rows.db "SELECT count(*) AS graphs FROM graph" --format csv | tail -n 1 | tr -d '\r'
echo "--- again: nothing left to do, still told"
"$HW" run --model gpt2 --data rows.csv --db rows.db --threads "$T" >stdout
echo "exit $?"
summary <stdout
echo "--- JSON lines"
{
  printf '{"prompt":"Mary and John went to the"}\n'
  printf '{"prompt":"cut \n'
  printf '{"text":"another name"}\n'
  printf '{"prompt":7}\n'
  printf '\n'
  printf '[1,2]\n'
  printf '{"prompt":""}\n'
  printf '{"prompt":"Anna went to the"}\n'
  printf '{"prompt":null}\n{"prompt":[]}\n{"prompt":NaN}\n'
} >lines.jsonl
"$HW" run --model gpt2 --data lines.jsonl --db lines.db --threads "$T" --quiet
echo "exit $?"
"$HW" query lines.db failed
"$HW" sql lines.db "SELECT prompt_id, text FROM prompt"
echo "--- TSV, TXT"
printf 'id\tprompt\n1\tMary\n2\tone\tmore\n3\n' >rows.tsv
printf 'Mary\n\nAnna\n' >rows.txt
for file in rows.tsv rows.txt; do
  "$HW" run --model llama --data $file --db $file.db --threads "$T" --quiet
  echo "exit $?"
  "$HW" query $file.db failed
done
echo "--- a target that short prompts do not have"
printf 'Mary\nMary and Anna\n' >short.txt
"$HW" run --model gpt2 --data short.txt --db short.db --targets 2 --threads "$T" --quiet
echo "exit $?"
"$HW" query short.db failed
echo "--- none can be traced"
printf 'prompt\n""\n""\n' >none.csv
"$HW" run --model gpt2 --data none.csv --db none.db --threads "$T" --quiet
echo "exit $?"
"$HW" query none.db failed
"$HW" query none.db top_heads --limit 1 --format csv | wc -l
"$HW" export none.db --out none && ls none | wc -l
