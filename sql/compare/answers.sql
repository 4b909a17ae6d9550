-- SPDX-License-Identifier: Apache-2.0
SELECT answer_rank = 1, answer_greedy, answer_probability, answer_log_probability, logit_diff, log_probability_diff
FROM answer WHERE prompt_id = :prompt_id
