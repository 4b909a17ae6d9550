-- SPDX-License-Identifier: Apache-2.0
-- The edges, aligned by role, that occur in most graphs.
-- :source <role> = NULL  role where they begin, NULL for any
-- :target <role> = NULL  role where they end, NULL for any
-- :limit <count> = 20    rows, 0 for all
WITH best AS (
  SELECT item_id FROM agg_item
  WHERE group_id = -1 AND (:source IS NULL OR $item_source(item_id) = :source)
    AND (:target IS NULL OR $item_target(item_id) = :target)
  ORDER BY n_on DESC, item_id LIMIT $limit_or_all
)
SELECT v.name AS component, v.source_role, v.target_role, v.frequency, v.frequency_lo, v.frequency_hi, v.mean, v.flow_mean, v.n_active, v.max,
  v.example_prompt
FROM best k JOIN edge_frequency v ON v.item_id = k.item_id
ORDER BY v.frequency DESC, v.item_id
