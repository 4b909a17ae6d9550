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
