-- SPDX-License-Identifier: Apache-2.0
-- One edge aligned by role, in all prompts (group_id -1) and in every group.
-- :item <count>  its item_id
SELECT json_object('item', :item, 'columns', json_array('group_id', 'group_name', 'n', 'n_active', 'frequency', 'frequency_lo', 'frequency_hi', 'mean',
    'ci_lo', 'ci_hi', 'flow_mean', 'flow_ci_lo', 'flow_ci_hi', 'max', 'example_prompt'),
  'rows', json_group_array(json_array(group_id, name, n, n_active, hw_json_number(frequency), hw_json_number(frequency_lo), hw_json_number(frequency_hi),
    hw_json_number(mean), hw_json_number(ci_lo), hw_json_number(ci_hi), hw_json_number(flow_mean), hw_json_number(flow_ci_lo), hw_json_number(flow_ci_hi),
    hw_json_number(max), example_prompt)))
FROM (SELECT s.*, g.name FROM item_statistic s LEFT JOIN prompt_group g USING(group_id) WHERE item_id = :item
  ORDER BY group_id >= 0, group_id = -2, g.marginal DESC, group_id)
HAVING count(*) > 0
