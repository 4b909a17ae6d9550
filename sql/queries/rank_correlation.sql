-- SPDX-License-Identifier: Apache-2.0
-- Do importance, flow and frequency put the components in the same order?
-- Spearman's rank correlation of each two of the measures over the components; equal values share their mean rank.
-- :components <heads|neurons|edges> = heads  what is put in order; edges are aligned by role
-- :group <group> = NULL                      name of a group, NULL for all prompts
WITH chosen AS (
  SELECT hw_choice(:components, 'heads', 'neurons', 'edges') AS c, coalesce(:group, -1) AS group_id
), component AS (
  SELECT s.mean, s.flow_mean, s.frequency FROM chosen w JOIN head_statistic s ON w.c = 0 AND s.group_id = w.group_id UNION ALL
  SELECT s.mean, s.flow_mean, s.frequency FROM chosen w JOIN neuron_statistic s ON w.c = 1 AND s.group_id = w.group_id UNION ALL
  SELECT s.mean, s.flow_mean, s.frequency FROM chosen w JOIN item_statistic s ON w.c = 2 AND s.group_id = w.group_id
), ranked AS (
  SELECT rank() OVER (ORDER BY mean) + (count(*) OVER (PARTITION BY mean) - 1) / 2.0 AS importance,
    rank() OVER (ORDER BY flow_mean) + (count(*) OVER (PARTITION BY flow_mean) - 1) / 2.0 AS flow,
    rank() OVER (ORDER BY frequency) + (count(*) OVER (PARTITION BY frequency) - 1) / 2.0 AS frequency
  FROM component
), pair AS (
  SELECT 'importance' AS a, 'frequency' AS b, importance AS x, frequency AS y FROM ranked UNION ALL
  SELECT 'importance', 'flow', importance, flow FROM ranked UNION ALL
  SELECT 'flow', 'frequency', flow, frequency FROM ranked
)
SELECT a, b, count(*) AS n,
  (count(*) * sum(x * y) - sum(x) * sum(y)) / nullif(sqrt((count(*) * sum(x * x) - sum(x) * sum(x)) * (count(*) * sum(y * y) - sum(y) * sum(y))), 0) AS spearman
FROM pair GROUP BY a, b ORDER BY a DESC, b DESC
