-- SPDX-License-Identifier: Apache-2.0
SELECT n_layers, n_heads, model_name, fingerprint FROM run
