-- SPDX-License-Identifier: Apache-2.0
-- One neuron: in every group (-1: all prompts, -2: all counterfactuals), and what it promotes and suppresses for a positive activation.
-- :layer <layer>    its layer
-- :neuron <neuron>  its number, or its name
SELECT json_object('layer', :layer, 'neuron', :neuron,
  'groups', json((SELECT json_object('columns', json_array('group_id', 'group_name', 'n', 'mean', 'ci_lo', 'ci_hi', 'frequency', 'frequency_lo', 'frequency_hi', 'flow_mean', 'flow_ci_lo', 'flow_ci_hi',
    'n_active', 'max', 'example_prompt', 'example_target'),
    'rows', json_group_array(json_array(group_id, name, n, hw_json_number(mean), hw_json_number(ci_lo), hw_json_number(ci_hi), hw_json_number(frequency), hw_json_number(frequency_lo),
      hw_json_number(frequency_hi), hw_json_number(flow_mean), hw_json_number(flow_ci_lo), hw_json_number(flow_ci_hi), n_active, hw_json_number(max), example_prompt,
      example_target)))
    FROM (SELECT s.*, g.name, g.marginal FROM neuron_statistic s LEFT JOIN prompt_group g USING(group_id)
      WHERE s.layer = :layer AND s.neuron = :neuron ORDER BY group_id >= 0, group_id = -2, marginal DESC, group_id))),
  'columns', json_array('list', 'rank', 'token', 'score'),
  'rows', (SELECT json_group_array(json_array(iif(sign = 1, 'promotes', 'suppresses'), rank, text, hw_json_number(score / 1e4)))
    FROM (SELECT * FROM neuron_token LEFT JOIN token USING(token_id) WHERE layer = :layer AND neuron = :neuron ORDER BY sign DESC, rank)))
