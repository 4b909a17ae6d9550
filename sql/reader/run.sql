-- SPDX-License-Identifier: Apache-2.0
SELECT fingerprint, model_name, model_family, model_fingerprint, tokenizer_fingerprint, dataset_name, dataset_fingerprint,
  n_prompts, n_layers, n_heads, n_kv_heads, d_model, d_ffn, vocab_size, parallel_block, threshold, floor, neuron_threshold
FROM run
