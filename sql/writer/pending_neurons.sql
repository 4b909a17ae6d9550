-- SPDX-License-Identifier: Apache-2.0
SELECT a.layer, a.neuron FROM agg_neuron a
WHERE a.group_id = -1 AND NOT EXISTS (SELECT 1 FROM neuron_token t WHERE t.layer = a.layer AND t.neuron = a.neuron)
ORDER BY a.layer, a.neuron LIMIT :limit
