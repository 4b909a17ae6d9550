-- SPDX-License-Identifier: Apache-2.0
-- Minings that `headwater mine` saved.
-- stale: made before the last prompts were stored.
-- needs mining: headwater mine DB
SELECT mining_id, parameters, n_graphs, n_items, n_sets, (SELECT count(*) FROM circuit c WHERE c.mining_id = m.mining_id) AS n_circuits,
  complete, complete_support, n_graphs <> (SELECT n FROM agg_group WHERE group_id = -1) AS stale, note
FROM mining m ORDER BY mining_id
