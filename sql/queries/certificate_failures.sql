-- SPDX-License-Identifier: Apache-2.0
-- Prompts whose graph alone does not give the answer's margin, the worst first.
-- Then come those without numbers, with the reason.
-- gap: |kept - m| / |m - none|, above the tolerance. kept_token: the prediction with the graph alone.
-- needs certificate_run: headwater certify DB --model DIR
-- :certificate <certificate> = NULL  certificate_id, NULL for all
-- :tolerance <number> = 0.2          of |m - none|
-- :limit <count> = 20                rows, 0 for all
SELECT c.certificate_id, $prompt_of(c.graph_id) AS prompt_id, p.text, a.text AS answer, f.text AS foil, c.m, c.none, c.kept, c.removed,
  abs(c.kept - c.m) / nullif(abs(c.m - c.none), 0) AS gap, t.text AS kept_token, c.n_attention, c.n_ffn, c.reason
FROM certificate c JOIN prompt p ON p.prompt_id = $prompt_of(c.graph_id) LEFT JOIN token a ON a.token_id = c.answer_id LEFT JOIN token f ON f.token_id = c.foil_id
  LEFT JOIN token t ON t.token_id = c.kept_id
WHERE (:certificate IS NULL OR c.certificate_id = :certificate) AND (c.reason IS NOT NULL OR abs(c.kept - c.m) > :tolerance * abs(c.m - c.none))
ORDER BY c.certificate_id, c.reason IS NOT NULL, gap DESC, c.graph_id LIMIT $limit_or_all
