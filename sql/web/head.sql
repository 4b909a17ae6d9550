-- SPDX-License-Identifier: Apache-2.0
-- One head: in every group (-1: all prompts, -2: all counterfactuals), where it looks, its edges aligned by role.
-- :layer <layer>  its layer
-- :head <head>    its number, or its name
SELECT json_object('layer', :layer, 'head', :head,
  'groups', json((SELECT json_object('columns', json_array('group_id', 'group_name', 'n', 'mean', 'ci_lo', 'ci_hi', 'frequency', 'frequency_lo',
      'frequency_hi', 'flow_mean', 'flow_ci_lo', 'flow_ci_hi', 'n_active', 'max', 'example_prompt', 'example_target'),
    'rows', json_group_array(json_array(group_id, name, n, hw_json_number(mean), hw_json_number(ci_lo), hw_json_number(ci_hi),
      hw_json_number(frequency), hw_json_number(frequency_lo), hw_json_number(frequency_hi), hw_json_number(flow_mean), hw_json_number(flow_ci_lo),
      hw_json_number(flow_ci_hi), n_active, hw_json_number(max), example_prompt, example_target)))
    FROM (SELECT s.*, g.name, g.marginal FROM head_statistic s LEFT JOIN prompt_group g USING(group_id)
      WHERE s.layer = :layer AND s.head = :head ORDER BY group_id >= 0, group_id = -2, marginal DESC, group_id))),
  'sources', json((SELECT json_object('columns', json_array('group_id', 'n_active', 'flow', 'first', 'self', 'previous', 'same_token', 'induction',
      'importance_first', 'importance_self', 'importance_previous', 'importance_same_token', 'importance_induction'),
    'rows', json_group_array(json_array(group_id, n_active, hw_json_number(flow), hw_json_number(first), hw_json_number(self), hw_json_number(previous),
      hw_json_number(same_token), hw_json_number(induction), hw_json_number(importance_first), hw_json_number(importance_self),
      hw_json_number(importance_previous), hw_json_number(importance_same_token), hw_json_number(importance_induction))))
    FROM (SELECT * FROM head_source_by_group WHERE layer = :layer AND head = :head ORDER BY group_id >= 0, group_id))),
  'edges', json((SELECT json_object('columns', json_array('item_id', 'source_role', 'target_role', 'n_active', 'frequency', 'frequency_lo', 'frequency_hi',
      'mean', 'ci_lo', 'ci_hi', 'flow_mean', 'flow_ci_lo', 'flow_ci_hi', 'max', 'example_prompt'),
    'rows', json_group_array(json_array(item_id, source_role, target_role, n_active, hw_json_number(frequency), hw_json_number(frequency_lo),
      hw_json_number(frequency_hi), hw_json_number(mean), hw_json_number(ci_lo), hw_json_number(ci_hi), hw_json_number(flow_mean),
      hw_json_number(flow_ci_lo), hw_json_number(flow_ci_hi), hw_json_number(max), example_prompt)))
    FROM (SELECT * FROM edge_frequency WHERE item_id BETWEEN $item_id(:layer, :head, 0, 0) AND $item_id(:layer, :head, 63, 63)
      ORDER BY mean DESC, item_id))))
