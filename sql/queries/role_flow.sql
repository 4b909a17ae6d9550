-- SPDX-License-Identifier: Apache-2.0
-- How the flow to the target is shared among roles, layer by layer.
-- Layer 0 is the input, layer l the states that enter block l.
-- :group <group> = NULL  name of a group, NULL for all
-- :role <role> = NULL    one role, NULL for all that have any flow
SELECT layer, role, mean, ci_lo, ci_hi, frequency, n FROM role_flow_by_group
WHERE group_id = coalesce(:group, -1)
  AND (role_id = :role OR (:role IS NULL AND role_id IN (SELECT role_id FROM agg_role)))
ORDER BY layer, role_id
