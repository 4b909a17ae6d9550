-- SPDX-License-Identifier: Apache-2.0
-- What the model predicted, prompt by prompt.
-- :prompt = NULL   one prompt_id, NULL for all
-- :limit = 20      rows
SELECT prompt_id, target_pos, text, predicted, predicted_probability, answer, answer_rank, answer_probability, foil, logit_diff
FROM prompt_prediction WHERE graph_id BETWEEN coalesce(:prompt, 0) << 20 AND coalesce(:prompt, (1 << 42) - 1) << 20 | 1048575
ORDER BY graph_id LIMIT :limit
