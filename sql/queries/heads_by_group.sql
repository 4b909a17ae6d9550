-- SPDX-License-Identifier: Apache-2.0
-- The heads that matter most in each group.
-- :group <group> = NULL                  one group, NULL for all
-- :by <importance|flow|frequency> = importance  what decides the order
-- :limit <count> = 10                    rows per group, 0 for all
SELECT group_name, head, mean, ci_lo, ci_hi, frequency, flow_mean, n FROM (
  SELECT group_id, group_name, name AS head, mean, ci_lo, ci_hi, frequency, flow_mean, n, row_number() OVER (PARTITION BY group_id
    ORDER BY CASE hw_choice(:by, 'importance', 'flow', 'frequency') WHEN 0 THEN mean WHEN 1 THEN flow_mean ELSE frequency END DESC, layer, head) AS place
  FROM head_importance_by_group WHERE :group IS NULL OR group_id = :group)
WHERE $is_within_limit(place) ORDER BY group_id, place
