-- SPDX-License-Identifier: Apache-2.0
-- Flow by role and layer, the view role_flow_by_group; of roles that have any flow.
-- :group <group> = NULL  number or name of a group, NULL for all prompts
SELECT json_object('columns', json_array('layer', 'role_id', 'role', 'n', 'mean', 'ci_lo', 'ci_hi', 'frequency', 'max', 'example_prompt'),
  'rows', json_group_array(json_array(layer, role_id, role, n, hw_json_number(mean), hw_json_number(ci_lo), hw_json_number(ci_hi), hw_json_number(frequency),
    hw_json_number(max), example_prompt)))
FROM (SELECT * FROM role_flow_by_group WHERE group_id = coalesce(:group, -1) AND role_id IN (SELECT role_id FROM agg_role) ORDER BY layer, role_id)
