# SPDX-License-Identifier: Apache-2.0
# The content does not depend on threads, or on how often the run stopped.
for model in gpt2 llama; do
  for threads in 1 2 3 4; do
    small_run $model.$threads.db --model $model --threads $threads --chunk-tokens 100 --neuron-projections used
    "$HW" digest $model.$threads.db
  done | sort -u | wc -l | sed "s/^ */$model: digests of 1, 2, 3, 4 threads that differ: /"
done
"$HW" digest gpt2.1.db | grep -cE '^[0-9a-f]{32}$'
echo "--- other folders, other names of the same files, other flags that do not decide"
mkdir elsewhere
cp -rL gpt2 elsewhere/gpt2 && cp ioi.csv elsewhere
(cd elsewhere && small_run x.db --chunk-tokens 100 --neuron-projections used --durable)
same "same content" "$("$HW" digest gpt2.1.db)" "$("$HW" digest elsewhere/x.db)"
echo "--- what decides the content changes it"
for change in "--threshold 0.05" "--limit 23" "--top-tokens 9" "--data pronoun.csv"; do
  # shellcheck disable=SC2086
  small_run changed.db --chunk-tokens 100 --neuron-projections used $change
  [ "$("$HW" digest changed.db)" != "$("$HW" digest gpt2.1.db)" ] && echo "$change: differs"
  rm changed.db
done
echo "--- neither chunks, threads nor memory decide it"
for options in "" --counterfactual; do
  for cut in "--chunk-tokens 16 --threads 1" "--chunk-tokens 100 --threads 2" "--chunk-tokens 333 --threads 4 --memory 200" "--chunk-tokens 4000 --threads 7"; do
    # shellcheck disable=SC2086
    small_run cut.db --neuron-projections used --limit 60 $options $cut
    "$HW" digest cut.db
    "$HW" sql cut.db "SELECT count(*) AS n FROM chunk" --format csv | tail -n 1 >>chunks
    [ -z "$options" ] && [ "$cut" = "--chunk-tokens 100 --threads 2" ] && cp cut.db kept.db
    rm -f cut.db
  done | sort -u | wc -l | sed "s/^ */digests that differ${options:+ with $options}: /"
done
sort -nu chunks | wc -l | sed "s/^ */numbers of chunks: /"
echo "--- a graph of an edge that is lost changes it, and a run goes on only with chunks of the same size"
before=$("$HW" digest kept.db)
"$PY" -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("DELETE FROM item_graph WHERE (item_id, chunk_id) IN (SELECT item_id, chunk_id FROM item_graph LIMIT 1 OFFSET 7)")
db.commit()' kept.db
[ "$("$HW" digest kept.db)" != "$before" ] && echo "differs"
fails small_run kept.db --neuron-projections used --limit 60 --chunk-tokens 101
