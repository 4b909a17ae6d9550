-- SPDX-License-Identifier: Apache-2.0
-- How large the graphs are at other thresholds, from the stored rows: the curve of size over threshold.
-- A scan: prompts are sampled evenly, :sample of them; 0 takes all and reads the whole file.
-- :thresholds <numbers> = NULL  list like '0.02,0.05,0.1', from the floor of the run upwards; NULL for 12 steps from the floor
-- :sample <count> = 500         prompts, 0 for all
WITH RECURSIVE step AS (
  SELECT $sample_step(:sample) AS every, $own_graphs_end AS past
), doubling(threshold, i) AS (
  SELECT floor, 0 FROM run UNION ALL
  SELECT threshold * CASE i % 3 WHEN 0 THEN 1.25 WHEN 1 THEN 1.28 ELSE 1.25 END, i + 1 FROM doubling WHERE i < 11 AND threshold * 1.28 < 0.9
), wanted AS (
  SELECT threshold FROM doubling WHERE :thresholds IS NULL UNION
  SELECT CAST(value AS REAL) FROM json_each('[' || :thresholds || ']')
)
SELECT round(w.threshold, 9) AS threshold, count(*) AS graphs, avg(s.edges) AS edges, avg(s.nodes) AS nodes, avg(s.heads) AS heads,
  avg(s.ffn_nodes) AS ffn_nodes, min(s.edges) AS edges_min, max(s.edges) AS edges_max
FROM step CROSS JOIN graph g CROSS JOIN wanted w CROSS JOIN hw_graph_size(g.edges, w.threshold) s
WHERE g.graph_id < step.past AND ($prompt_of(g.graph_id)) % step.every = 0 GROUP BY w.threshold ORDER BY w.threshold
