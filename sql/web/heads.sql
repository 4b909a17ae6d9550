-- SPDX-License-Identifier: Apache-2.0
-- Every head of the model: the view head_importance, or of one group head_importance_by_group.
-- :group <group> = NULL  number or name of a group, NULL for all prompts
SELECT json_object('columns', json_array('layer', 'head', 'n', 'mean', 'ci_lo', 'ci_hi', 'frequency', 'frequency_lo', 'frequency_hi', 'flow_mean',
    'flow_ci_lo', 'flow_ci_hi', 'n_active', 'max', 'example_prompt', 'example_target'),
  'rows', json_group_array(json_array(layer, head, n, hw_json_number(mean), hw_json_number(ci_lo), hw_json_number(ci_hi), hw_json_number(frequency),
    hw_json_number(frequency_lo), hw_json_number(frequency_hi), hw_json_number(flow_mean), hw_json_number(flow_ci_lo), hw_json_number(flow_ci_hi),
    n_active, hw_json_number(max), example_prompt, example_target)))
FROM (SELECT * FROM head_statistic WHERE group_id = coalesce(:group, -1) ORDER BY layer, head)
