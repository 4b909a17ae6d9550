-- SPDX-License-Identifier: Apache-2.0
SELECT n_layers, n_heads, d_ffn, model_name, fingerprint FROM run
