# SPDX-License-Identifier: Apache-2.0
echo "--- text"
"$HW" tokenize --model gpt2 --text "When Mary and John went"
"$HW" tokenize --model llama --text "When Mary and John went"
echo "--- stdin is one text, byte for byte"
printf 'Mary\nand John\n' | "$HW" tokenize --model gpt2
echo "--- lines"
printf 'Mary\n\nand John' | "$HW" tokenize --model gpt2 --lines
echo "--- json"
"$HW" tokenize --model gpt2 --json --text "Mary and John"
printf 'Mary\n\nand John' | "$HW" tokenize --model gpt2 --json --lines
echo "--- bos"
for model in gpt2 llama; do
  for bos in auto yes no; do
    echo "$model $bos $("$HW" tokenize --model $model --json --bos $bos --text Mary)"
  done
done
echo "--- empty"
"$HW" tokenize --model gpt2 --json --text ""
"$HW" tokenize --model gpt2 --text ""
"$HW" tokenize --model gpt2 --json
printf '' | "$HW" tokenize --model gpt2 --json --lines
"$HW" tokenize --model llama --json --bos no --text ""
echo "--- offsets count characters; pieces of characters are escaped"
"$HW" tokenize --model gpt2 --json --text 'naïve 👍 é' >odd.json
"$PY" - odd.json <<'END'
import json, sys
t = json.load(open(sys.argv[1], encoding="utf-8"))
print("keys", sorted(t), "ends at", t["offsets"][-1][1], "of", len("naïve 👍 é"))
print("lengths agree", len(t["ids"]) == len(t["pieces"]) == len(t["offsets"]))
END
echo "--- special tokens in the text; a second BOS is told"
"$HW" tokenize --model llama --json --text '<s>Mary'
"$HW" tokenize --model gpt2 --json --bos yes --text '<|endoftext|>Mary'
echo "--- a folder with vocab.json and merges.txt only"
mkdir old
cp gpt2/config.json gpt2/vocab.json gpt2/merges.txt old
"$HW" tokenize --model old --json --bos yes --text "Mary and John"
echo "--- not UTF-8"
printf 'Mary \377 John' | "$HW" tokenize --model gpt2
echo "exit $?"
printf 'Mary\nbad \377\nJohn\n' | "$HW" tokenize --model gpt2 --json --lines
echo "exit $?"
echo "--- the model described by another file"
mkdir bare
cp "$ROOT/datasets/models/headwater-repeat/tokenizer.json" bare
fails "$HW" tokenize --model bare --text "a b"
"$HW" tokenize --model bare --architecture "$ROOT/datasets/models/headwater-repeat/headwater.json" --json --text "a b"
