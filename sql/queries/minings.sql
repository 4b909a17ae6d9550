-- SPDX-License-Identifier: Apache-2.0
-- Minings that `headwater mine` saved.
-- needs mining: headwater mine DB
SELECT mining_id, parameters, n_graphs, n_items, n_sets, (SELECT count(*) FROM circuit c WHERE c.mining_id = m.mining_id) AS n_circuits,
  complete, complete_support, note
FROM mining m ORDER BY mining_id
