# SPDX-License-Identifier: Apache-2.0
# Answers that the model cannot be asked about as they are: counted, said, and kept with the prompt.
"$PY" - <<'END'
words = "the key " * 60
rows = ["prompt,answer,foil", "The key that I found,was,were", f"{words},was here and there and far away and near,was", "The key,was,"]
open("rows.csv", "w").write("\n".join(rows) + "\n")
END
common="--model gpt2 --data rows.csv --neuron-projections none --threads $T"
"$HW" run $common --dry-run 2>/dev/null | grep -E "^(prompts|answers)"
"$HW" run $common --db rows.db 2>/dev/null | sed -E 's/([0-9]+m)?[0-9]+s, [0-9]+ threads/(time), (threads)/'
"$HW" sql rows.db "SELECT prompt_id, key, value FROM prompt_value WHERE key LIKE '%.loss' ORDER BY 1, 2"
"$HW" sql rows.db "SELECT prompt_id, answer_n_tokens, foil_n_tokens FROM answer ORDER BY 1"
echo "--- what is cut has no measure of all tokens; where both are cut before they differ nothing is compared"
printf 'prompt,answer,foil\n3 + 4 =,7 9,5\n4 + 1 =,5 1 1 1,6\n3 + 4 =,7 9,7 5\n3 + 4 =,7,7 5\n3 + 4 =,5,7\n' >cut.csv
"$HW" run --model "$ROOT/datasets/models/headwater-addition" --data cut.csv --db cut.db --threads "$T" 2>/dev/null | grep "^answers"
"$HW" sql cut.db "SELECT prompt_id, correct, whole_correct, answer_n_tokens AS n, answer_log_probability IS NOT NULL AS scored, n_shared,
  logit_diff IS NOT NULL AS compared, log_probability_diff IS NOT NULL AS compared_whole FROM prompt_wide"
"$HW" sql cut.db "SELECT foil_greedy, foil_log_probability IS NOT NULL AS scored FROM answer"
"$HW" sql cut.db "SELECT n, n_several, n_shared, n_contained, accuracy, n_foil FROM whole_answer WHERE group_id = -1"
"$HW" check cut.db --model "$ROOT/datasets/models/headwater-addition" --sample 0 | tail -n 1
"$HW" rethreshold cut.db --threshold 0.04 --out cut-again.db
same "the same content" "$("$HW" digest cut.db)" "$("$HW" digest cut-again.db)"
"$HW" run --model "$ROOT/datasets/models/headwater-addition" --data cut.csv --limit 3 --db all-cut.db --threads "$T" --quiet
"$HW" sql all-cut.db "SELECT n, n_several, n_shared, n_contained, accuracy, accuracy_lo FROM whole_answer WHERE group_id = -1"
"$HW" check all-cut.db --model "$ROOT/datasets/models/headwater-addition" --sample 0 | tail -n 1
echo "--- again, with nothing left to do"
"$HW" run $common --db rows.db 2>/dev/null | sed -E 's/([0-9]+m)?[0-9]+s, [0-9]+ threads/(time), (threads)/'
echo "--- nothing is said where all answers are whole"
"$HW" run $common --db whole.db --limit 1 2>/dev/null | sed -E 's/([0-9]+m)?[0-9]+s, [0-9]+ threads/(time), (threads)/'
echo "--- what stands between prompt and answer"
printf 'prompt,answer\nThe war of the year 17,45\n"She said, """,he\n' >joint.csv
for joint in auto space none; do
  "$HW" run --model gpt2 --data joint.csv --db $joint.db --answer-joint $joint --neuron-projections none --threads "$T" --quiet
  "$HW" sql $joint.db "SELECT prompt_id, '[' || t.text || ']' AS first_token, s.value AS setting
    FROM answer JOIN token t ON t.token_id = answer_id LEFT JOIN setting s ON s.name = 'answer-joint' ORDER BY 1"
done
"$HW" run --model gpt2 --data joint.csv --db none.db --neuron-projections none --threads "$T" --quiet 2>&1 | head -n 2
cat >counted.csv <<'END'
prompt,answer,foil
The year 17,45, 46
The man,.,took
The man ,took,
"She said, """,he,she
END
for joint in auto space; do
  echo "- $joint"
  "$HW" run --model gpt2 --data counted.csv --db counted-$joint.db --answer-joint $joint --neuron-projections none --threads "$T" 2>&1 | grep "a space"
done
for k in 1 2; do "$HW" run --model gpt2 --data counted.csv --db part.db --plan counted.plan --shard $k/2 --neuron-projections none 2>&1 | grep "a space"; rm part.db; done
echo "--- columns that are called as values of the run are not stored in their place"
"$PY" - <<'END'
import json
rows = [{"prompt": "The man", "answer": "the man " * 100, "answer.loss": "none", "foil.loss": "none", "role.A": "man", "roles.hidden": "", "note": "kept"},
        {"prompt": "The man", "answer": "took"}]
open("own.jsonl", "w").write("".join(json.dumps(row) + "\n" for row in rows))
END
"$HW" run --model gpt2 --data own.jsonl --db own.db --neuron-projections none --threads "$T" --quiet
"$HW" sql own.db "SELECT prompt_id, key, substr(value, 1, 30) AS value FROM prompt_value WHERE key <> 'answer' ORDER BY 1, 2"
fails "$HW" run --model gpt2 --data own.jsonl --db other.db --answer-column answer.loss
fails "$HW" run --model gpt2 --data own.jsonl --db other.db --group-by answer.loss
"$HW" run --model gpt2 --data own.jsonl --db kept.db --neuron-projections none --threads "$T" 2>&1 | grep -o "kept: .*"
echo "--- answers that begin with the same tokens are compared where they part; ties are neither won nor lost"
printf 'prompt,answer,foil\nThe sum is,173,174\nThe key,has,have\nThe key that I found,was,was\n' >alike.csv
"$HW" run --model llama --data alike.csv --db alike.db --neuron-projections none --threads "$T" 2>&1 | grep "several"
"$HW" sql alike.db "SELECT prompt_id, answer_n_tokens AS n, n_shared, answer_logit = foil_logit AS same_first, logit_diff <> 0 AS differ,
  abs(logit_diff - log_probability_diff) < 1e-4 AS one_token_is_left FROM answer ORDER BY 1"
"$HW" sql alike.db "SELECT prompt_id, sum(abs(logit_diff) > 0) AS layers_that_differ FROM lens GROUP BY 1"
"$HW" sql alike.db "SELECT n_foil, ties, beats_foil, round(logit_diff, 1) AS logit_diff FROM answer_by_layer WHERE group_id = -1 AND layer = 3"
"$HW" sql alike.db "SELECT n, n_several, n_shared, n_foil, ties, beats_foil, round(log_probability_diff, 1) AS diff FROM whole_answer WHERE group_id = -1"
"$HW" rethreshold alike.db --threshold 0.1 --out again.db
for table in answer agg_answer agg_whole_answer answer_lens; do
  same "$table after rethreshold" "$("$HW" sql alike.db "SELECT * FROM $table" --format csv)" "$("$HW" sql again.db "SELECT * FROM $table" --format csv)"
done
echo "--- spaces at the ends of prompts and answers"
printf 'prompt,answer,foil\n"The key ",was,were\nThe key,"was ",were\n"The line\n",was,"were\n"\n' >spaces.csv
"$HW" run --model gpt2 --data spaces.csv --db spaces.db --neuron-projections none --threads "$T" 2>&1 | grep " end in "
