-- SPDX-License-Identifier: Apache-2.0
-- Heads that push the prediction towards a token, or towards the answers.
-- Counts prompts where it is in the head's list of promoted tokens: which heads write for the answer, which against the foil.
-- A scan of the stored projections (--project default keeps those of the ten best heads of a prompt).
-- :token = NULL   text of the token, a space before it is tried as well; without it each prompt's own answer and foil
-- :list = promotes   promotes or suppresses
-- :sample = 20000  prompts, evenly chosen; 0 for all
-- :limit = 20     rows
WITH step AS (
  SELECT max(1, (SELECT count(*) FROM prompt WHERE counterfactual_of IS NULL) / coalesce(nullif(:sample, 0), 1 << 42)) AS every,
    (SELECT coalesce(min(prompt_id), 1 << 42) FROM prompt WHERE counterfactual_of IS NOT NULL) << 20 AS past, iif(hw_choice(:list, 'promotes', 'suppresses'), 'suppresses', 'promotes') AS list
), wanted AS (SELECT token_id, text FROM token WHERE text IN (CAST(:token AS TEXT), ' ' || :token)),
own(text) AS (VALUES ('(answer)'), ('(foil)')),
hit AS (
  SELECT g.graph_id, p.layer, p.head, w.text, p.rank, p.score, p.position
  FROM step CROSS JOIN wanted w CROSS JOIN graph g CROSS JOIN hw_projections(g.projections, w.token_id) p
  WHERE g.graph_id < step.past AND (g.graph_id >> 20) % step.every = 0 AND p.kind = 'head' AND p.list = step.list
  UNION ALL
  SELECT g.graph_id, p.layer, p.head, w.text, p.rank, p.score, p.position
  FROM step CROSS JOIN graph g CROSS JOIN answer a ON a.prompt_id = g.graph_id >> 20 CROSS JOIN own w
  CROSS JOIN hw_projections(g.projections, iif(w.text = '(answer)', a.answer_id, a.foil_id)) p
  WHERE :token IS NULL AND iif(w.text = '(answer)', a.answer_id, a.foil_id) IS NOT NULL
    AND g.graph_id < step.past AND (g.graph_id >> 20) % step.every = 0 AND p.kind = 'head' AND p.list = step.list
)
SELECT 'L' || layer || 'H' || head AS name, text AS token, count(DISTINCT graph_id) AS graphs, avg(score) AS mean_score, avg(rank) AS mean_rank,
  min(rank) AS best_rank, min(graph_id) >> 20 AS example_prompt
FROM hit GROUP BY layer, head, text ORDER BY graphs DESC, mean_score DESC, layer, head, text LIMIT :limit
