-- SPDX-License-Identifier: Apache-2.0
SELECT p.group_id, p.n_tokens, p.has_bos, p.text, p.tokens, p.roles, f.reason, f.text, p.counterfactual_of
FROM (SELECT :prompt AS prompt_id) k LEFT JOIN prompt p ON p.prompt_id = k.prompt_id
  LEFT JOIN failed f ON f.prompt_id = k.prompt_id
