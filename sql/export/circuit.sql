-- SPDX-License-Identifier: Apache-2.0
SELECT c.mining_id, c.rank, c.n_edges, c.support, m.n_graphs AS n, c.support * 1.0 / m.n_graphs AS frequency, c.lift, c.new_cells, c.path,
  m.min_support, m.complete, m.note
FROM circuit c JOIN mining m USING(mining_id) ORDER BY c.mining_id, c.rank
