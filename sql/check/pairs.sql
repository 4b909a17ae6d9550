-- SPDX-License-Identifier: Apache-2.0
-- Counterfactuals stand n_prompts / 2 behind the prompt that they are paired with.
WITH half(counterfactuals, n_rows) AS (
  SELECT coalesce((SELECT value = 'yes' FROM setting WHERE name = 'counterfactual'), 0), n_prompts / 2 FROM run
)
SELECT 'prompt ' || prompt_id || ': counterfactual_of', coalesce(counterfactual_of, 'NULL'),
  iif(counterfactuals AND prompt_id >= n_rows, prompt_id - n_rows, 'NULL')
FROM prompt, half
WHERE counterfactual_of IS NOT iif(counterfactuals AND prompt_id >= n_rows, prompt_id - n_rows, NULL)
