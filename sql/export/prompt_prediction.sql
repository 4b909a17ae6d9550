-- SPDX-License-Identifier: Apache-2.0
SELECT prompt_id, target_pos, group_id, group_name, n_tokens, text, predicted_id, json_quote(predicted) AS predicted,
  predicted_logit, predicted_probability, answer_id, CASE WHEN answer_id NOT NULL THEN json_quote(answer) END AS answer,
  answer_n_tokens, answer_logit, answer_probability, answer_rank, answer_log_probability, answer_greedy, foil_id,
  CASE WHEN foil_id NOT NULL THEN json_quote(foil) END AS foil, foil_n_tokens, foil_logit, foil_probability, foil_rank,
  foil_log_probability, foil_greedy, n_shared, logit_diff, log_probability_diff
FROM prompt_prediction ORDER BY prompt_id, target_pos
