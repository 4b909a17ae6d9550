# SPDX-License-Identifier: Apache-2.0
for model in gpt2 llama; do
  "$HW" info "$model" | sed -E 's/^(fingerprint  )[0-9a-f]{32}$/\1(32 digits)/; s/^(vocabulary|tokenizer)(.*) [0-9]{4}\b/\1\2 N/; s/[0-9.]+ MiB/N MiB/g'
done
mkdir bare
cp gpt2/config.json gpt2/model.safetensors bare
echo "--- for programs"
"$HW" info llama --json >info.json
"$PY" -c '
import json
info = json.load(open("info.json"))
for name in ("fingerprint", "weight_bytes", "worker_bytes", "vocab_size"):
    assert info.pop(name), name
assert info["tokenizer"].pop("n_tokens") > 1000
print(json.dumps(info, indent=1))'
"$HW" info gpt2 --json | tr ',' '\n' | grep -e layers -e tied
fails "$HW" info gpt2 --json --tensors
echo "--- without a tokenizer"
"$HW" info bare | grep '^tokenizer'
"$HW" info bare --json | grep -o '"tokenizer":.*'
