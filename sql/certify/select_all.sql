-- SPDX-License-Identifier: Apache-2.0
-- The same before the tables are there.
SELECT p.prompt_id, p.group_id, p.n_tokens, c.prompt_id, c.n_tokens, 0
FROM (SELECT * FROM prompt WHERE counterfactual_of IS NULL ORDER BY prompt_id LIMIT :most) p LEFT JOIN prompt c ON c.counterfactual_of = p.prompt_id
ORDER BY p.prompt_id
