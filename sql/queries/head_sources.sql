-- SPDX-License-Identifier: Apache-2.0
-- Where heads look, as shares of the flow through their edges: heads of one kind first.
-- :kind <previous|same|first|induction|self> = previous  what the head looks at
-- :group <group> = NULL                  name of a group, NULL for all
-- :least <number> = 0.01                 share of the graphs in which the head must be active
-- :limit <count> = 20                    rows, 0 for all
-- previous: the token before; same: an earlier copy of the token; first: the first position (the BOS where there is one);
-- induction: the token after an earlier copy, but not the own position; self: its own position. A position can be several of these, so shares need not sum to 1.
-- Only edges of the graphs count, not all attention.
SELECT name AS head, previous, same_token, first, induction, self, flow / s.n AS flow_mean, n_active * 1.0 / s.n AS frequency
FROM head_source_by_group v JOIN agg_group s ON s.group_id = v.group_id
WHERE v.group_id = coalesce(:group, -1) AND n_active >= :least * s.n
ORDER BY CASE hw_choice(:kind, 'previous', 'same', 'first', 'induction', 'self') WHEN 0 THEN previous WHEN 1 THEN same_token WHEN 2 THEN first
  WHEN 3 THEN induction ELSE self END DESC, flow DESC, layer, head LIMIT $limit_or_all
