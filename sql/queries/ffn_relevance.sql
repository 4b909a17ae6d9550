-- SPDX-License-Identifier: Apache-2.0
-- The FFNs that answers depend on.
-- needs relevance: headwater run --relevance answer, contrast or both
-- :mode <mode> = NULL                 relevance by itself, or against the counterfactual; NULL: contrast where it is there
-- :group <group> = NULL               name of a group, NULL for all
SELECT name AS ffn, share, share_lo, share_hi, relevance, n_active, n FROM ffn_relevance
WHERE group_id = coalesce(:group, -1) AND mode = coalesce(:mode, (SELECT max(mode) FROM relevance))
ORDER BY layer
