-- SPDX-License-Identifier: Apache-2.0
SELECT DISTINCT layer, neuron FROM neuron_token ORDER BY layer, neuron
