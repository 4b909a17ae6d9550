# SPDX-License-Identifier: Apache-2.0
# run --share-prefixes: prompts that begin with the same tokens compute these once, to the same bits.
# Few-shot prompts: the same two sentences in front of each question; answers of several tokens, and foils that begin with the same.
{
  echo 'prompt,answer,foil'
  for name in Mary John Anna Peter Laura Victor Monica Martin; do
    for place in store park mill lake; do
      echo "\"When Mary and John went to the store, John gave a drink to Mary. When Anna and Peter went to the park, Peter gave a book to Anna. When $name and Paul went to the $place, Paul gave a ring to\",$name and Paul,$name and Anna"
    done
  done
} >few_shot.csv
count() { sed -E -n 's/^(shared prefixes: )([0-9]+)( of [0-9]+ tokens.*)/\2 \1N\3/p'; } # how many depends on the threads: each keeps its own
few="run --model gpt2 --data few_shot.csv --neuron-projections none --threads $T"
echo "--- shared unless told otherwise, and said"
# shellcheck disable=SC2086
{
  "$HW" $few --db usual.db 2>/dev/null | count >usual
  "$HW" $few --db yes.db --share-prefixes yes 2>/dev/null | count >yes
  "$HW" $few --db no.db --share-prefixes no 2>/dev/null | count >no
  "$HW" $few --db small.db --share-prefixes yes --chunk-tokens 64 --quiet
}
cut -d ' ' -f 2- usual
for file in usual yes; do
  read -r shared rest <"$file"
  [ "$shared" -gt 2320 ] && echo "$file: more than half of them" || echo "BUT $file: $shared"
done
echo "lines of the run without: $(wc -l <no | tr -d ' ')"
for db in usual yes small; do same "$db: the same content as without" "$("$HW" digest $db.db)" "$("$HW" digest no.db)"; done
"$HW" sql yes.db "SELECT count(*) AS prompts, min(answer_n_tokens) > 1 AS several, min(n_shared) AS n_shared FROM answer JOIN prompt USING(prompt_id)" --format csv
echo "--- it decides no content: the run continues with the other"
# shellcheck disable=SC2086
"$HW" $few --db yes.db --share-prefixes no 2>/dev/null | sed -E 's/, ([0-9]+m)?[0-9]+s, [0-9]+ threads/, (time and threads)/'
"$HW" sql yes.db "SELECT count(*) AS settings FROM setting WHERE name = 'share-prefixes'" --format csv
echo "--- nothing is shared with OpenBLAS, where rows depend on their places"
# shellcheck disable=SC2086
"$HW" $few --db blas.db --limit 8 --gemm openblas --share-prefixes yes 2>/dev/null | count | wc -l | tr -d ' '
echo "--- in a pipeline file"
printf '[run]\nmodel = gpt2\ndata = few_shot.csv\ndb = ini.db\nneuron-projections = none\nshare-prefixes = no\n' >few.ini
"$HW" run few.ini --threads "$T" 2>/dev/null | count | wc -l | tr -d ' '
same "the same content" "$("$HW" digest ini.db)" "$("$HW" digest no.db)"
echo "--- other words"
# shellcheck disable=SC2086
fails "$HW" $few --db bad.db --share-prefixes maybe
