-- SPDX-License-Identifier: Apache-2.0
SELECT mode, layer, neuron, name, n, share, share_lo, share_hi, relevance, n_active FROM neuron_relevance WHERE group_id = -1 ORDER BY mode, layer, neuron
