# SPDX-License-Identifier: Apache-2.0
# A run by options, its table of questions and answers.
summary() { sed -E 's/, ([0-9]+m)?[0-9]+s, [0-9]+ threads/, (time and threads)/'; }
echo "--- by options"
"$HW" run --model gpt2 --data ioi.csv --db one.db --limit 40 --threads "$T" 2>&1 | summary
echo "--- the same command again: all there"
"$HW" run --model gpt2 --data ioi.csv --db one.db --limit 40 --threads "$T" 2>&1 | summary
echo "--- by ini"
cat >pipeline.ini <<'END'
; comment
[paths]
model = gpt2
data = ioi.csv
[run]
db = two.db
limit = 40
threshold = 0.04
END
"$HW" run pipeline.ini --threads "$T" | summary
same "the same content" "$("$HW" digest one.db)" "$("$HW" digest two.db)"
echo "--- the command line overrides the file"
"$HW" run --threads="$T" pipeline.ini --db=three.db --limit 5 --quiet
"$HW" sql three.db "SELECT n_prompts, threshold FROM run" --format csv | tr -d '\r'
echo "--- letters of other programs"
"$HW" run --model gpt2 --data ioi.csv -j "$T" -o four.db --limit 5 --quiet
"$HW" run --model gpt2 --data ioi.csv -j"$T" -ofive.db --limit 5 --quiet
same "the same content" "$("$HW" digest three.db)" "$("$HW" digest four.db)"
same "the same content" "$("$HW" digest three.db)" "$("$HW" digest five.db)"
"$HW" export four.db -o folder && ls folder | head -n 1
echo "--- one file when it is finished"
ls | grep 'db'
echo "--- targets, floor, groups, columns, the other model"
cat >columns.tsv <<'END'
id	sentence	right	wrong	kind	text
a	Mary and John went to the	store	park	x	ignored
b	Anna and Peter went to the	park	store	y	ignored
END
"$HW" run --model llama --data columns.tsv --db llama.db --prompt-column sentence --answer-column right --foil-column wrong \
  --group-by kind --targets all --threshold 0.05 --floor 0.01 --threads "$T" | summary
"$HW" sql llama.db "SELECT prompt_id, group_id, n_tokens, has_bos, text FROM prompt"
"$HW" sql llama.db "SELECT * FROM prompt_value"
"$HW" sql llama.db "SELECT count(DISTINCT prompt_id << 20 | target_pos) AS graphs, min(e.importance) > 0.01 AS above_floor FROM graph g, hw_edges(g.edges, 0.01) e"
"$HW" sql llama.db "SELECT group_id, name FROM prompt_group"
echo "--- the formats say the same"
printf 'Mary and John\nAnna went\n' >set.txt
printf '{"prompt":"Mary and John"}\n{"prompt":"Anna went"}\n' >set.jsonl
printf '[{"prompt":"Mary and John"},{"prompt":"Anna went"}]' >set.json
gzip -c set.jsonl >packed.jsonl.gz
cp set.txt plain
for file in set.txt set.jsonl set.json packed.jsonl.gz; do
  "$HW" run --model gpt2 --data $file --db $file.db --threads "$T" --quiet
  "$HW" sql $file.db "SELECT group_concat(text, '|') AS texts FROM (SELECT text FROM prompt ORDER BY prompt_id)" --format csv | tail -n 1
done | tr -d '\r' | sort | uniq -c | sed 's/^ *//'
"$HW" run --model gpt2 --data plain --format txt --db plain.db --threads "$T" | summary
