-- SPDX-License-Identifier: Apache-2.0
-- Prompts and the margins of their answers that relevances divide; where there are none, why.
-- needs relevance: headwater run --relevance answer, contrast or both
-- :mode <mode> = NULL                 relevance by itself, or against the counterfactual; NULL: contrast where it is there
-- :missing <no|yes> = no              yes: only prompts without relevances
-- :limit <count> = 20                 rows, 0 for all
SELECT a.prompt_id, a.mode, a.m, a.m_reference, a.n_parts, a.reason, p.text
FROM relevance a JOIN prompt p ON p.prompt_id = $prompt_of(a.graph_id)
WHERE a.mode = coalesce(:mode, (SELECT max(mode) FROM relevance)) AND (NOT hw_choice(:missing, 'no', 'yes') OR a.reason IS NOT NULL)
ORDER BY a.graph_id LIMIT $limit_or_all
