-- SPDX-License-Identifier: Apache-2.0
-- The neurons that answers depend on, of those that were among the largest of an FFN part in the graph.
-- needs relevance: headwater run --relevance answer, contrast or both
-- :mode <mode> = NULL                 relevance by itself, or against the counterfactual; NULL: contrast where it is there
-- :group <group> = NULL               name of a group, NULL for all
-- :limit <count> = 20                 rows, 0 for all
SELECT name AS neuron, share, share_lo, share_hi, relevance, n_active, n FROM neuron_relevance
WHERE group_id = coalesce(:group, -1) AND mode = coalesce(:mode, (SELECT max(mode) FROM relevance))
ORDER BY abs(share) DESC, layer, neuron LIMIT $limit_or_all
