-- SPDX-License-Identifier: Apache-2.0
-- Heads that push the prediction towards a token, or towards the answers.
-- Counts the graphs where it is in the head's list of promoted tokens: which heads write for the answer, which against the foil.
-- Only lists at the target count: there a score is what the head adds to the prediction.
-- A head has one list in a graph, at the position where it is largest. --project default: the ten best heads; all: every head of the graph.
-- A scan of the stored projections.
-- needs graph_info: headwater run --project default or all
-- needs prompt without token: headwater run on a data set with answers, with graphs of last positions (see its --targets)
-- :token <token> = NULL                  text of the token, a space before it is tried as well; without it each prompt's own answer and foil, where it has them
-- :list <promotes|suppresses> = promotes  what the list holds
-- :group <group> = NULL                  name of a group, NULL for all
-- :sample <count> = 20000                prompts, evenly chosen; 0 for all
-- :limit <count> = 20                    rows, 0 for all
WITH step AS (
  SELECT $sample_step(:sample) AS every,
    $own_graphs_end AS past, iif(hw_choice(:list, 'promotes', 'suppresses'), 'suppresses', 'promotes') AS list
), wanted AS (
  SELECT 0 AS own, token_id, text FROM token WHERE text IN (:token, ' ' || :token)
  UNION ALL SELECT 1, NULL, '(answer)' WHERE :token IS NULL
  UNION ALL SELECT 1, NULL, '(foil)' WHERE :token IS NULL
), looked AS (
  SELECT g.graph_id, g.projections, step.list, w.text, CASE WHEN NOT w.own THEN w.token_id WHEN $target_of(g.graph_id) = p.n_tokens - 1 THEN
    (SELECT iif(w.text = '(answer)', a.answer_id, a.foil_id) FROM answer a WHERE a.prompt_id = $prompt_of(g.graph_id)) END AS token_id
  FROM step CROSS JOIN graph g CROSS JOIN prompt p ON p.prompt_id = $prompt_of(g.graph_id) CROSS JOIN wanted w
  WHERE g.graph_id < step.past AND $is_sampled($prompt_of(g.graph_id), step.every)
    AND (:group IS NULL OR p.group_id IN (SELECT member_id FROM group_member WHERE group_id = :group))
)
SELECT 'L' || p.layer || 'H' || p.head AS name, l.text AS token, count(DISTINCT l.graph_id) AS graphs, avg(p.score) AS mean_score, p.convention, avg(p.rank) AS mean_rank,
  min(p.rank) AS best_rank, $prompt_of(min(l.graph_id)) AS example_prompt
FROM looked l CROSS JOIN hw_projections(l.projections, l.token_id) p
WHERE l.token_id IS NOT NULL AND p.kind = 'head' AND p.position = $target_of(l.graph_id) AND p.list = l.list
GROUP BY p.layer, p.head, l.text, p.convention ORDER BY graphs DESC, p.convention, mean_score DESC, p.layer, p.head, l.text LIMIT $limit_or_all
