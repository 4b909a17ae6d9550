-- SPDX-License-Identifier: Apache-2.0
-- The edges, aligned by role, that occur in most graphs.
-- :limit = 20     rows
SELECT v.name AS component, source_role, target_role, frequency, frequency_lo, frequency_hi, mean, flow_mean, max, example_prompt
FROM (SELECT item_id FROM agg_item WHERE group_id = -1 ORDER BY n_on DESC, item_id LIMIT :limit) k
JOIN edge_frequency v ON v.item_id = k.item_id
ORDER BY frequency DESC, v.item_id
