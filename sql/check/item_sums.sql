-- SPDX-License-Identifier: Apache-2.0
-- The sums of an item over all graphs, from the lists of its graphs.
WITH listed AS (
  SELECT item_id, count(*) AS n_on, sum(micro) AS sum, sum(micro * micro) AS ssq, max(micro) AS max
  FROM (SELECT i.item_id, CAST(round(h.importance * 1e6) AS INTEGER) AS micro FROM item_graph i, hw_item_graphs(i.graphs) h) GROUP BY item_id
), kept AS (
  SELECT item_id, sum(n_on) AS n_on, sum(sum) AS sum, sum(ssq) AS ssq, max(max) AS max FROM agg_item WHERE group_id < 0 GROUP BY item_id
)
SELECT 'agg_item ' || item_id || ': n_on, sum, ssq, max', k.n_on || ', ' || k.sum || ', ' || k.ssq || ', ' || k.max, l.n_on || ', ' || l.sum || ', ' || l.ssq || ', ' || l.max
FROM listed l LEFT JOIN kept k USING(item_id) WHERE (k.n_on, k.sum, k.ssq, k.max) IS NOT (l.n_on, l.sum, l.ssq, l.max)
UNION ALL
SELECT 'item_graph ' || i.item_id || ', chunk ' || i.chunk_id || ': n', i.n, count(*) FROM item_graph i, hw_item_graphs(i.graphs) h
GROUP BY i.item_id, i.chunk_id HAVING i.n <> count(*)
