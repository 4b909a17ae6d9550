# SPDX-License-Identifier: Apache-2.0
echo "--- text"
"$HW" tokenize --model gpt2 --text "When Mary and John went"
"$HW" tokenize --model llama --text "When Mary and John went"
echo "--- stdin is one text, byte for byte"
printf 'Mary\nand John\n' | "$HW" tokenize --model gpt2
echo "--- lines"
printf 'Mary\n\nand John' | "$HW" tokenize --model gpt2 --lines
echo "--- lines are those of a TXT data set"
printf '\357\273\277The man\r\nA\rand\r\r\nJohn\r' >windows.txt
"$HW" tokenize --model gpt2 --lines --json <windows.txt
"$HW" run --model gpt2 --data windows.txt --db windows.db --neuron-projections none --quiet
"$HW" sql windows.db "SELECT text FROM prompt UNION ALL SELECT reason FROM failed"
printf '\357\273\277"The man"\r\n"A"\r\n' | "$HW" tokenize --model gpt2 --json-lines --json
printf '\357\273\277' | "$HW" tokenize --model gpt2 --json --lines
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
echo "--- the tokenizer's files alone"
mkdir bare
cp "$ROOT/datasets/models/headwater-repeat/tokenizer.json" bare
"$HW" tokenize --model bare --json --text "a b"
rm old/config.json
"$HW" tokenize --model old --json --bos yes --text "Mary and John"
printf '{"model_type": "of_no_known_family"}' >bare/config.json
"$HW" tokenize --model bare --json --text "a b"
printf '{"model_type": ' >bare/config.json
fails "$HW" tokenize --model bare --text "a b"
echo "--- the model's name is never . or a hash"
mkdir -p models--owner--some-model/snapshots
cp -rL gpt2 models--owner--some-model/snapshots/607a30d783dfa663caf39e06633721c8d4cfcd7e
mkdir -p by-hand/0123456789abcdef0123456789abcdef
cp gpt2/* by-hand/0123456789abcdef0123456789abcdef
for model in gpt2 gpt2/ gpt2/. models--owner--some-model/snapshots/607a30d783dfa663caf39e06633721c8d4cfcd7e/ by-hand/0123456789abcdef0123456789abcdef; do
  "$HW" info $model | grep "^model "
done
(cd by-hand && "$HW" info 0123456789abcdef0123456789abcdef | grep "^model ")
(cd by-hand/0123456789abcdef0123456789abcdef && "$HW" info . | grep "^model " && cd .. && "$HW" info ./0123456789abcdef0123456789abcdef/.. 2>&1 | head -n 1)
(cd models--owner--some-model/snapshots/607a30d783dfa663caf39e06633721c8d4cfcd7e && "$HW" info . | grep "^model ")
