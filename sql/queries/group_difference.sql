-- SPDX-License-Identifier: Apache-2.0
-- Heads whose mean importance or flow differs most between two groups.
-- headwater compare tests such differences, with pairs and corrections.
-- :a <group> = 0                      number or name of a group (headwater query DB groups)
-- :b <group> = 1                      the other one
-- :by <importance|flow> = importance  what is compared
-- :limit <count> = 20                 rows, 0 for all
-- difference is a - b; its 95% interval takes the groups as independent.
WITH wanted AS (
  SELECT :a AS a, :b AS b, hw_choice(:by, 'importance', 'flow') AS by_flow
), side AS (
  SELECT s.group_id, s.layer, s.head, s.n, s.frequency, iif(w.by_flow, s.flow_mean, s.mean) AS mean,
    iif(w.by_flow, s.flow_ci_hi - s.flow_ci_lo, s.ci_hi - s.ci_lo) / 2 AS half
  FROM wanted w JOIN head_statistic s ON s.group_id IN (w.a, w.b)
)
SELECT 'L' || x.layer || 'H' || x.head AS head, x.mean AS mean_a, y.mean AS mean_b, x.mean - y.mean AS difference,
  x.mean - y.mean - sqrt(x.half * x.half + y.half * y.half) AS ci_lo, x.mean - y.mean + sqrt(x.half * x.half + y.half * y.half) AS ci_hi,
  x.frequency AS frequency_a, y.frequency AS frequency_b, x.n AS n_a, y.n AS n_b, p.name AS group_a, r.name AS group_b
FROM wanted w JOIN side x ON x.group_id = w.a JOIN side y ON y.group_id = w.b AND y.layer = x.layer AND y.head = x.head
  JOIN prompt_group p ON p.group_id = w.a JOIN prompt_group r ON r.group_id = w.b
ORDER BY abs(x.mean - y.mean) DESC, x.layer, x.head LIMIT $limit_or_all
