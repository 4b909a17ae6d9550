-- SPDX-License-Identifier: Apache-2.0
-- One prompt: its tokens, their roles, and the share of the prediction that comes from each.
-- :prompt <prompt>         prompt_id
-- :target <target> = NULL  target position, NULL for all
SELECT g.target_pos, f.position, r.name AS role, t.token_id, t.text AS token, f.flow
FROM graph g JOIN prompt p ON p.prompt_id = :prompt JOIN hw_token_flow(g.edges) f
LEFT JOIN token t ON t.token_id = hw_token_at(p.tokens, f.position)
LEFT JOIN role r ON r.role_id = hw_role_at(p.roles, f.position)
WHERE $is_graph_of(g.graph_id, :prompt) AND (:target IS NULL OR g.target_pos = :target)
ORDER BY g.graph_id, f.position
