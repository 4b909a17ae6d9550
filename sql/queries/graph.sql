-- SPDX-License-Identifier: Apache-2.0
-- The graph of one prompt: its edges from the target down.
-- :prompt <prompt>            prompt_id
-- :target <target> = NULL     target position, NULL for all
-- :threshold <number> = NULL  any threshold from the floor of the run upwards, NULL for the run's own
SELECT g.target_pos, e.kind, e.layer, e.head, e.source, s.text AS source_token, e.target, t.text AS target_token, e.importance,
  e.weight, e.flow
FROM graph g JOIN prompt p ON p.prompt_id = g.prompt_id, hw_edges(g.edges, :threshold) e
LEFT JOIN token s ON s.token_id = hw_token_at(p.tokens, e.source)
LEFT JOIN token t ON t.token_id = hw_token_at(p.tokens, e.target)
WHERE g.prompt_id = :prompt AND (:target IS NULL OR g.target_pos = :target)
ORDER BY g.target_pos, e.rowid
