-- SPDX-License-Identifier: Apache-2.0
-- The neurons that matter most, in all prompts or in one group (views neuron_importance, neuron_importance_by_group), with what they promote in
-- the example prompt, where their share is largest.
-- count: neurons that entered a list of best neurons there.
-- :group <group> = NULL                         number or name of a group, NULL for all prompts
-- :by <importance|flow|frequency> = importance  what decides the order
-- :limit <count> = 50                           rows
SELECT json_object('count', (SELECT count(*) FROM agg_neuron WHERE group_id = coalesce(:group, -1)), 'of', (SELECT n_layers * d_ffn FROM run),
  'columns', json_array('layer', 'neuron', 'promotes', 'n', 'mean', 'ci_lo', 'ci_hi', 'frequency', 'frequency_lo', 'frequency_hi', 'flow_mean', 'flow_ci_lo', 'flow_ci_hi',
    'n_active', 'max', 'example_prompt', 'example_target'),
  'rows', json_group_array(json_array(layer, neuron, json((SELECT json_group_array(text) FROM (SELECT t.text FROM neuron_token k JOIN token t USING(token_id)
      WHERE k.layer = v.layer AND k.neuron = v.neuron AND k.sign = coalesce((SELECT iif(n.activation < 0, -1, 1)
        FROM graph g, hw_neurons(g.neurons) n WHERE g.graph_id = $graph_id(v.example_prompt, v.example_target) AND n.layer = v.layer AND n.neuron = v.neuron
        ORDER BY n.importance DESC, n.position LIMIT 1), 1) ORDER BY k.rank LIMIT 3))), n, hw_json_number(mean), hw_json_number(ci_lo), hw_json_number(ci_hi), hw_json_number(frequency), hw_json_number(frequency_lo),
      hw_json_number(frequency_hi), hw_json_number(flow_mean), hw_json_number(flow_ci_lo), hw_json_number(flow_ci_hi), n_active, hw_json_number(max), example_prompt,
      example_target)))
FROM (SELECT * FROM neuron_statistic WHERE group_id = coalesce(:group, -1)
  ORDER BY CASE :by WHEN 'importance' THEN mean WHEN 'flow' THEN flow_mean ELSE frequency END DESC, layer, neuron LIMIT :limit) v
