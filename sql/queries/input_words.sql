-- SPDX-License-Identifier: Apache-2.0
-- What the predictions are made from: share of the input by word.
-- A word: tokens up to the next one that begins with a space.
-- A scan: prompts are sampled evenly, :sample of them; 0 takes all and reads the whole file.
-- :sample <count> = 2000  prompts, 0 for all
-- :least <count> = 5      graphs that a word must be in
-- :limit <count> = 20     rows, 0 for all
WITH step AS (
  SELECT $sample_step(:sample) AS every
), picked AS (
  SELECT g.graph_id, g.edges, p.tokens FROM step JOIN prompt p ON $is_sampled(p.prompt_id, step.every) AND p.counterfactual_of IS NULL
  JOIN graph g ON $is_graph_of(g.graph_id, p.prompt_id)
), piece AS (
  SELECT picked.graph_id, f.position, f.flow, t.text,
    sum(f.position = 0 OR substr(t.text, 1, 1) IN (' ', char(10)) OR t.text IS NULL) OVER (PARTITION BY picked.graph_id ORDER BY f.position) AS place
  FROM picked JOIN hw_token_flow(picked.edges) f LEFT JOIN token t ON t.token_id = hw_token_at(picked.tokens, f.position)
), word AS (
  SELECT graph_id, trim(group_concat(text, '')) AS word, sum(flow) AS flow FROM piece GROUP BY graph_id, place
), graph_word AS (
  SELECT graph_id, word, sum(flow) AS flow FROM word GROUP BY graph_id, word
)
SELECT word, avg(flow) AS mean, max(flow) AS max, count(*) AS graphs, sum(flow) / (SELECT count(*) FROM picked) AS share
FROM graph_word GROUP BY word HAVING count(*) >= :least ORDER BY mean DESC, word LIMIT $limit_or_all
