-- SPDX-License-Identifier: Apache-2.0
-- Minings that are saved, the latest first.
-- needs mining: headwater mine DB
SELECT json_group_array(json_object('id', mining_id, 'parameters', parameters, 'graphs', n_graphs, 'edges', n_items, 'circuits', circuits,
  'complete', json(iif(complete, 'true', 'false')), 'note', note))
FROM (SELECT *, (SELECT count(*) FROM circuit c WHERE c.mining_id = m.mining_id) AS circuits FROM mining m ORDER BY mining_id DESC)
