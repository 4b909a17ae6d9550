-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM neuron_importance ORDER BY layer, neuron
