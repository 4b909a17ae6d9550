-- SPDX-License-Identifier: Apache-2.0
SELECT answer_id, answer_n_tokens, answer_logit, answer_probability, answer_rank, answer_log_probability, answer_greedy,
  foil_id, foil_n_tokens, foil_logit, foil_probability, foil_rank, foil_log_probability, foil_greedy,
  n_shared, logit_diff, log_probability_diff
FROM answer WHERE prompt_id = :prompt
