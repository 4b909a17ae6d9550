# SPDX-License-Identifier: Apache-2.0
# Damaged model folders: info and run refuse them alike, in one line.
mask() { sed -E 's/([^0-9])[0-9]{4,8}([^0-9])/\1N\2/g; s/([^0-9])[0-9]{4,8}([^0-9])/\1N\2/g'; }
for what in cut seven-bytes long-header longest-header header-no-json header-array offsets-outside offsets-negative \
  offsets-backwards shape-wrong shape-huge shape-negative dtype tensor-missing tensor-surplus bytes-behind nan infinite family no-family \
  no-layers zero-layers many-layers text-layers odd-heads activation vocabulary config-missing config-cut config-list \
  weights-missing weights-empty; do
  item "$what"
  rm -rf model
  "$PY" "$LIB/damage.py" gpt2 model $what
  fails "$HW" run --model model --data ioi.csv --db out.db --limit 3
  cp "$TMPDIR/stderr" "$TMPDIR/message"
  fails "$HW" info model >"$TMPDIR/other"
  cmp -s "$TMPDIR/stderr" "$TMPDIR/message" || { echo "info says otherwise:"; cat "$TMPDIR/other"; }
done
rm -rf model
item "no folder"
fails "$HW" run --model nowhere --data ioi.csv --db out.db
fails "$HW" info nowhere
fails "$HW" trace --model nowhere --prompt Mary
fails "$HW" tokenize --model nowhere --text Mary
item "a file for a folder"
fails "$HW" info ioi.csv
item "an empty folder"
mkdir empty
fails "$HW" info empty
item "a weight file that is a folder"
mkdir odd odd/model.safetensors
cp gpt2/config.json odd
fails "$HW" info odd
