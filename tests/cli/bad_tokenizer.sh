# SPDX-License-Identifier: Apache-2.0
# Without its tokenizer a model traces nothing but ids.
mask() { sed -E 's/line [0-9]+, column [0-9]+: .*/line N, column N: (what)/; s/vocabulary of [0-9]+/vocabulary of N/'; }
for what in tokenizer-missing merges-missing tokenizer-cut tokenizer-empty tokenizer-list tokenizer-kind tokenizer-no-model \
  tokenizer-normalizer vocab-cut; do
  item "$what"
  rm -rf model
  "$PY" "$LIB/damage.py" gpt2 model $what
  fails "$HW" run --model model --data ioi.csv --db out.db --limit 3
  cp "$TMPDIR/stderr" "$TMPDIR/message"
  for command in "trace --prompt Mary" "tokenize --text Mary"; do
    # shellcheck disable=SC2086
    fails "$HW" $command --model model >"$TMPDIR/other"
    cmp -s "$TMPDIR/stderr" "$TMPDIR/message" || { echo "$command says otherwise:"; cat "$TMPDIR/other"; }
  done
done
item "an id of the tokenizer that the model does not have"
rm -rf model
"$PY" "$LIB/damage.py" gpt2 model tokenizer-id
fails "$HW" trace --model model --prompt Mary
rm -rf model
item "ids out of range"
fails "$HW" trace --model gpt2 --tokens 5,1000000
fails "$HW" trace --model gpt2 --tokens 99999999999999999999
fails "$HW" trace --model gpt2 --tokens -1
fails "$HW" trace --model gpt2 --tokens=-1
fails "$HW" trace --model gpt2 --tokens 5,,6
fails "$HW" trace --model gpt2 --tokens ""
item "prompts that cannot be traced"
fails "$HW" trace --model gpt2 --prompt ""
fails "$HW" trace --model gpt2 --prompt "$("$PY" -c 'print("and " * 200)')"
fails "$HW" trace --model gpt2 --prompt "$(printf 'Mary \377')"
fails "$HW" trace --model gpt2 --prompt "Mary" --targets 0,7
fails "$HW" tokenize --model gpt2 --text "$(printf 'Mary \377')"
