-- SPDX-License-Identifier: Apache-2.0
-- Graphs that have all edges of a circuit but one.
WITH whole AS (
  SELECT c.circuit_id, c.n_edges FROM circuit c JOIN mining m USING(mining_id) WHERE m.n_graphs = (SELECT n FROM agg_group WHERE group_id = -1)
), near AS (
  SELECT w.circuit_id, h.graph_id, sum(i.item_id) AS items FROM whole w JOIN circuit_edge e USING(circuit_id) JOIN item_graph i USING(item_id),
    hw_item_graphs(i.graphs) h
  WHERE h.graph_id < $own_graphs_end GROUP BY w.circuit_id, h.graph_id HAVING count(*) = w.n_edges - 1
), counted AS (
  SELECT n.circuit_id, (SELECT sum(item_id) FROM circuit_edge e WHERE e.circuit_id = n.circuit_id) - n.items AS item_id, count(*) AS n
  FROM near n GROUP BY 1, 2
)
SELECT 'circuit_break ' || b.circuit_id || ', item ' || b.item_id || ': n', b.n, coalesce(c.n, 0)
FROM circuit_break b JOIN whole USING(circuit_id) LEFT JOIN counted c USING(circuit_id, item_id) WHERE b.n <> coalesce(c.n, 0)
UNION ALL
SELECT 'circuit_break ' || c.circuit_id || ', item ' || c.item_id, 'no row', c.n || ' graphs'
FROM counted c LEFT JOIN circuit_break b USING(circuit_id, item_id) WHERE b.n IS NULL AND c.n > 0
UNION ALL
SELECT 'circuit_break ' || b.circuit_id || ', item ' || b.item_id || ': prompts', b.prompts, 'at most five, in order, that are stored'
FROM circuit_break b WHERE NOT json_valid(b.prompts) OR json_array_length(b.prompts) NOT BETWEEN 1 AND 5
  OR EXISTS (SELECT 1 FROM json_each(b.prompts) j LEFT JOIN prompt p ON p.prompt_id = j.value WHERE p.prompt_id IS NULL)
  OR EXISTS (SELECT 1 FROM (SELECT value, lag(value, 1, -1) OVER (ORDER BY key) AS before FROM json_each(b.prompts)) WHERE value <= before)
