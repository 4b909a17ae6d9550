-- SPDX-License-Identifier: Apache-2.0
-- Prompts that satisfy a condition of the user's, which takes the place of the words between the brackets.
SELECT prompt_id FROM prompt_wide WHERE counterfactual_of IS NULL AND (1 /* condition */) ORDER BY prompt_id
