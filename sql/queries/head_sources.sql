-- SPDX-License-Identifier: Apache-2.0
-- Where heads look, as shares of the flow through their edges: heads of one kind first.
-- :kind = previous       previous (token), same (an earlier copy of the token), first (the BOS where there is one), induction (the token
--                        after an earlier copy), or self (its own position)
-- :group = NULL          name of a group, NULL for all
-- :least = 0.01          share of the graphs in which the head must be active
-- :limit = 20            rows
-- A position can be several of these, so shares need not sum to 1. Only edges of the graphs count, not all attention.
SELECT name AS head, previous, same_token, first, induction, self, flow / s.n AS flow_mean, n_active * 1.0 / s.n AS frequency
FROM head_source_by_group v JOIN agg_group s ON s.group_id = v.group_id
WHERE v.group_id = iif(:group IS NULL, -1, (SELECT group_id FROM prompt_group WHERE name = :group)) AND n_active >= :least * s.n
ORDER BY CASE hw_choice(:kind, 'previous', 'same', 'first', 'induction', 'self') WHEN 0 THEN previous WHEN 1 THEN same_token WHEN 2 THEN first
  WHEN 3 THEN induction ELSE self END DESC, flow DESC, layer, head LIMIT :limit
