-- SPDX-License-Identifier: Apache-2.0
-- The heads that matter most over the data set.
-- :by <importance|flow|frequency> = importance  mean importance, mean flow, or the share of graphs where active
-- :limit <count> = 20                    rows, 0 for all
SELECT name AS head, mean, ci_lo, ci_hi, frequency, frequency_lo, frequency_hi, flow_mean, flow_ci_lo, flow_ci_hi, max, example_prompt
FROM head_importance
ORDER BY CASE hw_choice(:by, 'importance', 'flow', 'frequency') WHEN 0 THEN mean WHEN 1 THEN flow_mean ELSE frequency END DESC, layer, head
LIMIT $limit_or_all
