-- SPDX-License-Identifier: Apache-2.0
-- The recurring circuits of a mining, best first (named query circuits); count: all of them.
-- needs mining: headwater mine DB
-- :mining <mining> = NULL  number of a mining, NULL for the latest
-- :limit <count> = 100     rows
SELECT json_object('mining', m.mining_id, 'parameters', m.parameters, 'graphs', m.n_graphs, 'edges', m.n_items, 'sets', m.n_sets,
  'complete', json(iif(m.complete, 'true', 'false')), 'note', m.note,
  'stale', json(iif(m.n_graphs <> (SELECT n FROM agg_group WHERE group_id = -1), 'true', 'false')), 'count', (SELECT count(*) FROM circuit c WHERE c.mining_id = m.mining_id),
  'columns', json_array('rank', 'frequency', 'frequency_lo', 'frequency_hi', 'n_active', 'lift', 'n_edges', 'new_cells', 'n_broken', 'circuit'),
  'rows', (SELECT json_group_array(json_array(rank, hw_json_number(f), hw_json_number($wilson_lo(f, n)), hw_json_number($wilson_hi(f, n)), support,
      hw_json_number(lift), n_edges, new_cells, n_broken, path))
    FROM (SELECT c.*, c.support * 1.0 / m.n_graphs AS f, m.n_graphs AS n,
        (SELECT coalesce(sum(b.n), 0) FROM circuit_break b WHERE b.circuit_id = c.circuit_id) AS n_broken
      FROM circuit c WHERE c.mining_id = m.mining_id ORDER BY c.rank LIMIT :limit)))
FROM mining m WHERE m.mining_id = coalesce(:mining, (SELECT max(mining_id) FROM mining))
