# SPDX-License-Identifier: Apache-2.0
# run --precision bf16: a run of its own, with the same digest whatever the threads, the memory, the screen and what is shared.
digest_of() { "$HW" digest "$1" | cut -d ' ' -f 1; }
small_run f32.db
small_run bf16.db --precision bf16 --threads "$T"
[ "$(digest_of f32.db)" = "$(digest_of bf16.db)" ] && echo "BUT both precisions have the same digest"
for options in "--threads 3 --chunk-tokens 64" "--memory 200" "--screen always" "--share-prefixes no"; do
  small_run other.db --precision bf16 $options
  same "$options" "$(digest_of bf16.db)" "$(digest_of other.db)"
  rm other.db
done
echo "--- a run is not continued in another precision"
fails "$HW" run --model gpt2 --data ioi.csv --db bf16.db --limit 24 --neuron-projections none --quiet
fails "$HW" run --model gpt2 --data ioi.csv --db f32.db --limit 24 --neuron-projections none --quiet --precision bf16
"$HW" sql bf16.db "SELECT value FROM setting WHERE name = 'precision'" --format csv | tail -n 1
"$HW" sql f32.db "SELECT count(*) AS n FROM setting WHERE name = 'precision'" --format csv | tail -n 1
echo "--- trace"
for precision in f32 bf16; do
  "$HW" trace --model llama --prompt "When Mary and John went to the store, John gave a drink to" --precision $precision --json >$precision.json
done
"$PY" - <<'END'
import json
f32, bf16 = (json.load(open(name + ".json"))["targets"][0]["prediction"][0] for name in ("f32", "bf16"))
difference = abs(f32["probability"] - bf16["probability"])
print("the same prediction" if f32["id"] == bf16["id"] else "BUT another prediction", "and" if 0 < difference < 0.02 else "BUT", "nearly the same probability")
END
rm f32.json bf16.json
echo "--- wrong arguments"
fails "$HW" run --model gpt2 --data ioi.csv --db out.db --precision fp16
fails "$HW" run --model gpt2 --data ioi.csv --db out.db --precision bf16 --gemm openblas
fails "$HW" bench --model gpt2 --precision bf16 --gemm openblas
fails "$HW" trace --model gpt2 --prompt x --precision half
fails "$HW" serve bf16.db --model gpt2 --precision half
