# SPDX-License-Identifier: Apache-2.0
for model in gpt2 llama; do
  "$HW" info "$model" | sed -E 's/^(fingerprint  )[0-9a-f]{32}$/\1(32 digits)/; s/^(vocabulary|tokenizer)(.*) [0-9]{4}\b/\1\2 N/; s/[0-9.]+ MiB/N MiB/g'
done
mkdir bare
cp gpt2/config.json gpt2/model.safetensors bare
echo "--- without a tokenizer"
"$HW" info bare | grep '^tokenizer'
