-- SPDX-License-Identifier: Apache-2.0
-- The heads that answers depend on.
-- needs relevance: headwater run --relevance answer, contrast or both
-- :mode <mode> = NULL                 relevance by itself, or against the counterfactual; NULL: contrast where it is there
-- :group <group> = NULL               name of a group, NULL for all
-- :limit <count> = 20                 rows, 0 for all
-- value, key and query say by which way; shares add up over the layers' ways, so heads of different layers overlap.
SELECT name AS head, share, share_lo, share_hi, value, key, query, relevance, n_active, n FROM head_relevance_by_group
WHERE group_id = coalesce(:group, -1) AND mode = coalesce(:mode, (SELECT max(mode) FROM relevance))
ORDER BY abs(share) DESC, layer, head LIMIT $limit_or_all
