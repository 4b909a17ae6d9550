-- SPDX-License-Identifier: Apache-2.0
-- What the model predicted, prompt by prompt.
-- :prompt <prompt> = NULL  one prompt_id, NULL for all
-- :limit <count> = 20      rows, 0 for all
SELECT prompt_id, target_pos, text, predicted, predicted_probability, answer, answer_rank, answer_probability, foil, logit_diff, log_probability_diff
FROM prompt_prediction WHERE $is_graph_between(graph_id, coalesce(:prompt, 0), coalesce(:prompt, $past_prompts - 1))
ORDER BY graph_id LIMIT $limit_or_all
