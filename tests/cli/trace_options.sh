# SPDX-License-Identifier: Apache-2.0
needs_terminal
prompt="When Mary and John went to the store, John gave a drink to"
echo "--- a page, whatever the width of the model's words: at most 80 columns"
for model in gpt2 llama; do
  "$HW" trace --model $model --prompt "$prompt" --targets all >page
  "$HW" trace --model $model --prompt "naïve 👍👍👍 $prompt $prompt" --threshold 0.005 >>page
  echo "$model: $(grep -cE '^.{81}' page) lines over 80 columns, $(grep -c ' $' page) with blanks at the end"
done
echo "--- on terminals of 80 and 120 columns"
for columns in 80 120; do
  "$PY" "$LIB/on_terminal.py" $columns "$HW" trace --model gpt2 --prompt "$prompt" --threshold 0.01 >page
  echo "$columns: $(grep -cE "^.{$((columns + 1))}" page) too long; wide lines used: $(grep -qE "^.{$((columns - 20))}" page && echo yes)"
done
echo "--- heading, llama with BOS, two targets"
"$HW" trace --model llama --prompt "$prompt" --targets 3,15 | grep -E '^headwater|^llama|^PREDICTION|^HEADS|position' | short_numbers
echo "--- a small threshold and no projections"
"$HW" trace --model gpt2 --prompt "Mary and" --threshold 0.2 --project none --top-neurons 0 | short_numbers
echo "--- a single token"
"$HW" trace --model gpt2 --prompt "Mary" --project none --top-neurons 1 | short_numbers
