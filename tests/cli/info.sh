# SPDX-License-Identifier: Apache-2.0
for model in gpt2 llama; do
  "$HW" info "$model" | sed 's/^\(fingerprint  \)[0-9a-f]\{32\}$/\1(32 digits)/'
done
mkdir bare
cp gpt2/config.json gpt2/model.safetensors bare
echo "--- without a tokenizer"
"$HW" info bare | grep -A1 '^tokenizer'
