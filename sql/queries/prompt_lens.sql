-- SPDX-License-Identifier: Apache-2.0
-- Logit lens of one prompt: rank and probability of its answer after each block.
-- first_top1: where it is the prediction for the first time.
-- needs answer: headwater run on a data set with answers (its --answer-column)
-- :prompt <prompt>  prompt_id
-- top and top_score come from the stored lists (--project default); NULL when there are none.
SELECT l.layer, l.rank, l.logit, l.probability, l.rank = 1 AND min(iif(l.rank = 1, l.layer, NULL)) OVER () = l.layer AS first_top1,
  l.foil_rank, l.foil_probability, l.logit_diff, t.text AS top, x.score AS top_score
FROM answer_lens a JOIN prompt p ON p.prompt_id = a.prompt_id JOIN hw_lens(a.lens) l
LEFT JOIN (SELECT x.layer, x.token_id, x.score FROM prompt p JOIN graph g ON g.graph_id = ($graph_id(:prompt, (p.n_tokens - 1)))
    JOIN hw_projections(g.projections) x ON x.kind = 'resid_post' AND x.convention = 'alone' AND x.position = g.target_pos AND x.list = 'promotes' AND x.rank = 1
    WHERE p.prompt_id = :prompt) x ON x.layer = l.layer
LEFT JOIN token t ON t.token_id = x.token_id
WHERE a.prompt_id = :prompt ORDER BY l.layer
