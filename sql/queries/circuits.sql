-- SPDX-License-Identifier: Apache-2.0
-- Recurring circuits, best first: edges that come together.
-- lift: how many times more often than independent edges would. new_cells: edges in graphs that no circuit above covers.
-- n_broken: graphs that have all edges but one.
-- needs mining: headwater mine DB
-- :mining <mining> = NULL  number of a mining, NULL for the latest
-- :limit <count> = 20      rows, 0 for all
SELECT c.rank, c.support * 1.0 / m.n_graphs AS frequency, c.support AS n_active, c.lift, c.n_edges, c.new_cells,
  (SELECT coalesce(sum(b.n), 0) FROM circuit_break b WHERE b.circuit_id = c.circuit_id) AS n_broken, c.path AS circuit
FROM mining m JOIN circuit c ON c.mining_id = m.mining_id
WHERE m.mining_id = coalesce(:mining, (SELECT max(mining_id) FROM mining)) ORDER BY c.rank LIMIT $limit_or_all
