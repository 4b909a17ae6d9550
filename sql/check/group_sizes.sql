-- SPDX-License-Identifier: Apache-2.0
-- Graphs and prompts of each group, and those of all that are no counterfactuals (-1), and of these (-2), counted.
WITH sizes AS (
  SELECT p.group_id, p.counterfactual_of IS NOT NULL AS paired, count(*) AS n FROM prompt p JOIN graph_info i ON $is_graph_of(i.graph_id, p.prompt_id)
  GROUP BY p.prompt_id
), counted(group_id, n, n_prompts, others) AS (
  SELECT group_id, sum(n), count(*), sum(n * (n - 1)) FROM sizes GROUP BY group_id
  UNION ALL SELECT -1 - paired, sum(n), count(*), sum(n * (n - 1)) FROM sizes GROUP BY paired
)
SELECT 'agg_group ' || group_id || ': n, n_prompts, others', a.n || ', ' || a.n_prompts || ', ' || a.others, c.n || ', ' || c.n_prompts || ', ' || c.others
FROM counted c LEFT JOIN agg_group a USING(group_id) WHERE (c.n, c.n_prompts, c.others) IS NOT (a.n, a.n_prompts, a.others)
