-- SPDX-License-Identifier: Apache-2.0
-- The counterfactual of a prompt: its number, or why it failed. No row: not stored.
SELECT prompt_id, NULL FROM prompt WHERE prompt_id = :counterfactual AND counterfactual_of = :prompt
UNION ALL SELECT prompt_id, reason FROM failed WHERE prompt_id = :counterfactual
