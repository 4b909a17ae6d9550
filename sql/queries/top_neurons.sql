-- SPDX-License-Identifier: Apache-2.0
-- The neurons that matter most over the data set, by mean importance.
-- :limit = 20     rows
SELECT name AS neuron, mean, ci_lo, ci_hi, frequency, flow_mean, max, example_prompt,
  (SELECT group_concat(json_quote(text), ' ') FROM (
    SELECT t.text FROM neuron_token k JOIN token t USING(token_id)
    WHERE k.layer = v.layer AND k.neuron = v.neuron AND k.sign = 1 ORDER BY k.rank LIMIT 3)) AS promotes
FROM (SELECT layer, neuron FROM agg_neuron WHERE group_id = -1 ORDER BY sum DESC, layer, neuron LIMIT :limit) k
JOIN neuron_importance v ON v.layer = k.layer AND v.neuron = k.neuron
ORDER BY v.mean DESC, v.layer, v.neuron
