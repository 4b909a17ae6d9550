# SPDX-License-Identifier: Apache-2.0
# The graph of one prompt as a picture, of a trace and from a database.
prompt="When Mary and John went to the store, John gave a drink to"
"$HW" trace --model gpt2 --prompt "$prompt" --figure trace.svg --json >trace.json
"$PY" "$LIB/check_picture.py" trace.svg trace.json
echo "--- a model of attention alone"
"$HW" trace --model "$ROOT/datasets/models/headwater-repeat" --tokens 3,5,7,9,3,5,7 --figure alone.svg --json >alone.json
"$PY" "$LIB/check_picture.py" alone.svg alone.json
echo "--- many tokens: those without flow are folded"
"$HW" trace --model gpt2 --prompt "$prompt Mary. $prompt Mary. $prompt Mary. $prompt Mary. $prompt Mary. Then Mary and Tom gave a book to" \
  --figure long.svg --json >long.json
"$PY" "$LIB/check_picture.py" long.svg long.json
echo "--- what XML may not hold"
"$HW" trace --model gpt2 --prompt "$(printf '<b>&"Mary" \001 and \357\277\276 John')" --figure odd.svg --json >odd.json
"$PY" "$LIB/check_picture.py" odd.svg odd.json | tail -n 1
"$PY" -c 'import xml.etree.ElementTree as e; print(ascii(e.parse("odd.svg").getroot()[0].text))'
echo "--- from a database: the same picture but for its title"
printf 'prompt,answer\n"%s", Mary\n' "$prompt" >one.csv
"$HW" run --model gpt2 --data one.csv --db one.db --targets all --quiet --threads "$T"
"$HW" export one.db --out paper --tables head_importance --prompt 0,0/5
ls paper
sed '/<title>/d; /class="k">.*gpt2: /d' paper/figure_graph_0.svg >a
sed '/<title>/d; /class="k">.*gpt2: /d' trace.svg >b
cmp a b && echo equal
"$HW" trace --model gpt2 --prompt "$prompt" --targets all --json >all.json
"$PY" "$LIB/check_picture.py" paper/figure_graph_0_5.svg all.json 5 | sed -n 1,3p
grep '"figure"' paper/MANIFEST.json
echo "--- wrong"
"$HW" export one.db --out none --prompt 0,7; ls -d none
for list in 7 0/99 0/x 1, "" 99999999999999999999; do
  "$HW" export one.db --out paper --prompt "$list"
  echo "exit $?"
done
"$HW" trace --model gpt2 --prompt "$prompt" --figure nowhere/trace.svg
