-- SPDX-License-Identifier: Apache-2.0
-- The sums of the last layer, and of whole answers, from the table answer.
WITH answers AS (
  SELECT p.group_id, p.counterfactual_of IS NOT NULL AS paired, a.* FROM answer a JOIN prompt p USING(prompt_id) WHERE a.answer_id IS NOT NULL
), counted(group_id, n, n_top, rank_sum, n_whole, n_several, n_greedy, n_shared) AS (
  SELECT group_id, count(*), sum(answer_rank = 1), sum(answer_rank), count(answer_greedy), count(iif(answer_n_tokens > 1, answer_greedy, NULL)),
    coalesce(sum(answer_greedy), 0), coalesce(sum(n_shared > 0), 0)
  FROM answers GROUP BY group_id
  UNION ALL
  SELECT -1 - paired, count(*), sum(answer_rank = 1), sum(answer_rank), count(answer_greedy), count(iif(answer_n_tokens > 1, answer_greedy, NULL)),
    coalesce(sum(answer_greedy), 0), coalesce(sum(n_shared > 0), 0)
  FROM answers GROUP BY paired
), last AS (SELECT a.* FROM agg_answer a JOIN run ON a.layer = n_layers - 1)
SELECT 'agg_answer ' || group_id || ', last layer: n, n_top, rank_sum', l.n || ', ' || l.n_top || ', ' || l.rank_sum, c.n || ', ' || c.n_top || ', ' || c.rank_sum
FROM counted c LEFT JOIN last l USING(group_id) WHERE (c.n, c.n_top, c.rank_sum) IS NOT (l.n, l.n_top, l.rank_sum)
UNION ALL
SELECT 'agg_whole_answer ' || group_id || ': n, n_several, n_greedy, n_shared', w.n || ', ' || w.n_several || ', ' || w.n_greedy || ', ' || w.n_shared,
  c.n_whole || ', ' || c.n_several || ', ' || c.n_greedy || ', ' || c.n_shared
FROM counted c LEFT JOIN agg_whole_answer w USING(group_id)
WHERE (c.n_whole, c.n_several, c.n_greedy, c.n_shared) IS NOT (w.n, w.n_several, w.n_greedy, w.n_shared)
