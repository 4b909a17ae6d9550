# SPDX-License-Identifier: Apache-2.0
# A model whose heads do one thing each, by construction (tests/queries/make_heads_model.py): the queries name them.
"$PY" "$ROOT/tests/queries/make_heads_model.py" made made.csv || exit
"$HW" run --model made --data made.csv --db made.db --bos yes --threads "$T" --quiet
echo "--- failed"
"$HW" query made.db failed --format csv | tail -n +2
for kind in previous same first induction self; do
  echo "--- heads that look at: $kind"
  "$HW" query made.db head_sources --kind $kind --limit 1 | tr -s ' -' | tail -n 1 | cut -d ' ' -f 1-6
done
echo "--- where the answer first is the prediction"
"$HW" query made.db logit_lens --format csv | tr -d '\r' | cut -d, -f 1,2,5,6,7
"$HW" query made.db prompt_lens --prompt 0 --format csv | tr -d '\r' | cut -d, -f 1,2,5,9
echo "--- accuracy"
"$HW" query made.db accuracy --format csv | tr -d '\r' | cut -d, -f 1-3,6
echo "--- the graph goes through the token after the earlier copy"
"$HW" query made.db graph --prompt 0 --format csv | tr -d '\r' | grep '^[0-9]*,attention,1'
echo "--- a sample has both groups, though their prompts come in turn"
"$HW" run --model gpt2 --data ioi.csv --limit 100 --group-by group --db turns.db --quiet
for group in ABBA BABA; do
  "$HW" query turns.db heads_promoting --group "group=$group" --sample 50 --limit 1 --format csv | tail -n 1 | cut -d, -f 1-3
done
