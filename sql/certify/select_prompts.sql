-- SPDX-License-Identifier: Apache-2.0
-- The first prompts of the data set with their counterfactuals, and whether they have a certificate: of those that are renewed, one with numbers.
SELECT p.prompt_id, p.group_id, p.n_tokens, c.prompt_id, c.n_tokens,
  EXISTS (SELECT 1 FROM certificate x WHERE x.certificate_id = :certificate_id AND x.graph_id = ($graph_id(p.prompt_id, (p.n_tokens - 1)))
    AND (x.reason IS NULL OR NOT :renews))
FROM (SELECT * FROM prompt WHERE counterfactual_of IS NULL ORDER BY prompt_id LIMIT :most) p LEFT JOIN prompt c ON c.counterfactual_of = p.prompt_id
ORDER BY p.prompt_id
