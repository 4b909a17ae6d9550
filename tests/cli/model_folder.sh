# SPDX-License-Identifier: Apache-2.0
# Model folders as training code and other programs leave them: names with a prefix, tensors that nobody reads, weights of another kind.
item "the model as it is"
"$HW" trace --model gpt2 --prompt "When Mary and John went" --json | sed "s/.*\"settings\"//" >"$TMPDIR/plain"
for what in wrapped-module wrapped-compiled wrapped-adapter wrapped-trl adapter-beside passengers; do
  item "$what"
  rm -rf model
  "$PY" "$LIB/damage.py" gpt2 model $what
  "$HW" trace --model model --prompt "When Mary and John went" --json | sed "s/.*\"settings\"//" >"$TMPDIR/other"
  cmp "$TMPDIR/plain" "$TMPDIR/other" && "$HW" info model | grep notice
done
item "run says it too; info --tensors has the whole names"
"$HW" run --model model --data ioi.csv --db out.db --limit 2 --threads 1 2>&1 | grep "not used"
rm -rf model
"$PY" "$LIB/damage.py" gpt2 model wrapped-compiled
"$HW" info model --tensors | grep -e token_embedding -e " qkv "
for what in wrapped-unknown adapter-inside gptq adapter adapter-odd sharded shards pytorch pytorch-shards original original-safetensors gguf onnx \
  onnx-folder tensorflow flax other-name lfs-weights lfs-config; do
  item "$what"
  rm -rf model
  "$PY" "$LIB/damage.py" gpt2 model $what
  fails "$HW" trace --model model --prompt Mary
done
for what in lfs-tokenizer lfs-merges sentencepiece tekken; do
  item "$what"
  rm -rf model
  "$PY" "$LIB/damage.py" gpt2 model $what
  fails "$HW" tokenize --model model --text Mary
done
