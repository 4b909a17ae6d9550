-- SPDX-License-Identifier: Apache-2.0
-- The graphs of a circuit are those in the lists of all its edges, counterfactuals left out, with the importance of the weakest edge.
-- Minings that are older than the last prompts are left out.
WITH whole AS (
  SELECT c.circuit_id, c.n_edges, c.graphs FROM circuit c JOIN mining m USING(mining_id) WHERE m.n_graphs = (SELECT n FROM agg_group WHERE group_id = -1)
), edges AS (
  SELECT w.circuit_id, h.graph_id, min(h.importance) AS importance FROM whole w JOIN circuit_edge e USING(circuit_id) JOIN item_graph i USING(item_id),
    hw_item_graphs(i.graphs) h
  WHERE h.graph_id < $own_graphs_end GROUP BY w.circuit_id, h.graph_id HAVING count(*) = w.n_edges
), kept AS (
  SELECT w.circuit_id, h.graph_id, h.importance FROM whole w, hw_item_graphs(w.graphs) h
)
SELECT 'circuit ' || circuit_id || ', graph ' || graph_id || ': importance', 'none', importance FROM (SELECT * FROM edges EXCEPT SELECT * FROM kept)
UNION ALL
SELECT 'circuit ' || circuit_id || ', graph ' || graph_id || ': importance', importance, 'none' FROM (SELECT * FROM kept EXCEPT SELECT * FROM edges)
