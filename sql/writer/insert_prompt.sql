-- SPDX-License-Identifier: Apache-2.0
INSERT INTO prompt (
  prompt_id, group_id, n_tokens, has_bos, text, tokens, roles, counterfactual_of
) VALUES (
  :prompt_id, :group_id, :n_tokens, :has_bos, :text, :tokens, :roles, :counterfactual_of
)
