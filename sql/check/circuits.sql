-- SPDX-License-Identifier: Apache-2.0
-- Numbers of a circuit, from its rows.
SELECT 'circuit ' || circuit_id || ': n_edges', n_edges, n_found
FROM (SELECT c.circuit_id, c.n_edges, (SELECT count(*) FROM circuit_edge e WHERE e.circuit_id = c.circuit_id) AS n_found FROM circuit c) WHERE n_edges <> n_found
UNION ALL
SELECT 'circuit ' || circuit_id || ': its number', circuit_id, mining_id << 20 | rank FROM circuit WHERE circuit_id <> mining_id << 20 | rank
UNION ALL
SELECT 'circuit ' || c.circuit_id || ': support', c.support, (SELECT count(*) FROM hw_item_graphs(c.graphs)) FROM circuit c
WHERE c.support <> (SELECT count(*) FROM hw_item_graphs(c.graphs))
UNION ALL
SELECT 'circuit ' || circuit_id || ': rank', rank, before + 1
FROM (SELECT circuit_id, rank, lag(rank, 1, 0) OVER (PARTITION BY mining_id ORDER BY rank) AS before FROM circuit) WHERE rank <> before + 1
UNION ALL
SELECT 'circuit ' || circuit_id || ': its mining', mining_id, 'one of the table mining' FROM circuit LEFT JOIN mining m USING(mining_id) WHERE m.mining_id IS NULL
UNION ALL
SELECT 'circuit_edge ' || e.circuit_id || ', item ' || e.item_id, 'there', 'an item of agg_item' FROM circuit_edge e
WHERE NOT EXISTS (SELECT 1 FROM agg_item a WHERE a.item_id = e.item_id AND a.group_id = -1)
UNION ALL
SELECT 'circuit ' || circuit_id || ': new_cells', new_cells, 'at most ' || (n_edges * support) FROM circuit WHERE new_cells NOT BETWEEN 0 AND n_edges * support
UNION ALL
SELECT 'circuit ' || c.circuit_id || ': lift', c.lift, w.lift
FROM circuit c JOIN (SELECT c.circuit_id, c.support / (m.n_graphs * exp(sum(ln(a.n_on * 1.0 / m.n_graphs)))) AS lift
  FROM circuit c JOIN mining m USING(mining_id) JOIN circuit_edge e USING(circuit_id) JOIN agg_item a ON a.item_id = e.item_id AND a.group_id = -1
  WHERE m.n_graphs = (SELECT n FROM agg_group WHERE group_id = -1) GROUP BY c.circuit_id) w USING(circuit_id)
WHERE abs(c.lift - w.lift) > 1e-9 * w.lift
