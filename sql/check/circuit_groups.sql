-- SPDX-License-Identifier: Apache-2.0
-- Graphs of each group that have a circuit, counted from its list.
WITH whole AS (
  SELECT c.circuit_id, c.graphs FROM circuit c JOIN mining m USING(mining_id) WHERE m.n_graphs = (SELECT n FROM agg_group WHERE group_id = -1)
), member AS MATERIALIZED (
  SELECT w.circuit_id, p.group_id AS member_id, count(*) AS support FROM whole w, hw_item_graphs(w.graphs) h
    JOIN prompt p ON p.prompt_id = $prompt_of(h.graph_id) GROUP BY w.circuit_id, p.group_id
), counted AS (
  SELECT m.circuit_id, g.group_id, sum(m.support) AS support FROM member m JOIN group_member g USING(member_id) GROUP BY m.circuit_id, g.group_id
)
SELECT 'circuit_group ' || g.circuit_id || ', group ' || g.group_id || ': support', g.support, coalesce(c.support, 0)
FROM circuit_group g JOIN whole USING(circuit_id) LEFT JOIN counted c USING(circuit_id, group_id) WHERE g.support <> coalesce(c.support, 0)
UNION ALL
SELECT 'circuit_group ' || g.circuit_id || ', group ' || g.group_id || ': n', g.n, a.n
FROM circuit_group g JOIN whole USING(circuit_id) LEFT JOIN agg_group a USING(group_id) WHERE g.n IS NOT a.n
UNION ALL
SELECT 'circuit_group ' || c.circuit_id || ', group ' || c.group_id, 'no row', c.support || ' graphs'
FROM counted c JOIN prompt_group k USING(group_id) LEFT JOIN circuit_group g USING(circuit_id, group_id) WHERE NOT k.marginal AND g.group_id IS NULL
UNION ALL
SELECT 'circuit_group ' || c.circuit_id || ', group ' || o.group_id, 'no row', 'one, as of other circuits of the mining'
FROM circuit c JOIN (SELECT DISTINCT c.mining_id, g.group_id FROM circuit c JOIN circuit_group g USING(circuit_id)) o USING(mining_id)
  LEFT JOIN circuit_group g USING(circuit_id, group_id) WHERE g.group_id IS NULL
