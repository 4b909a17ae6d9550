-- SPDX-License-Identifier: Apache-2.0
-- What the columns of an answer say of each other, and of the prediction at the last position.
WITH a AS (
  SELECT a.*, i.predicted_id, i.predicted_logit, i.predicted_probability
  FROM answer a JOIN prompt p USING(prompt_id) LEFT JOIN graph_info i ON i.graph_id = (a.prompt_id << 20 | (p.n_tokens - 1))
)
SELECT 'answer ' || prompt_id || ': answer_log_probability', answer_log_probability, ln(answer_probability)
FROM a WHERE answer_n_tokens = 1 AND answer_probability > 1e-30 AND abs(answer_log_probability - ln(answer_probability)) > 1e-5 * (1 + abs(answer_log_probability))
UNION ALL
SELECT 'answer ' || prompt_id || ': foil_log_probability', foil_log_probability, ln(foil_probability)
FROM a WHERE foil_n_tokens = 1 AND foil_probability > 1e-30 AND abs(foil_log_probability - ln(foil_probability)) > 1e-5 * (1 + abs(foil_log_probability))
UNION ALL
SELECT 'answer ' || prompt_id || ': answer_log_probability of a cut answer, which has none', answer_log_probability, NULL
FROM a WHERE answer_greedy IS NULL AND answer_log_probability IS NOT NULL
UNION ALL
SELECT 'answer ' || prompt_id || ': foil_log_probability of a cut foil, which has none', foil_log_probability, NULL
FROM a WHERE foil_greedy IS NULL AND foil_log_probability IS NOT NULL
UNION ALL
SELECT 'answer ' || prompt_id || ': answer_greedy', answer_greedy, answer_rank = 1 FROM a WHERE answer_n_tokens = 1 AND answer_greedy <> (answer_rank = 1)
UNION ALL
SELECT 'answer ' || prompt_id || ': foil_greedy', foil_greedy, foil_rank = 1 FROM a WHERE foil_n_tokens = 1 AND foil_greedy <> (foil_rank = 1)
UNION ALL
SELECT 'answer ' || prompt_id || ': logit_diff', logit_diff, answer_logit - foil_logit
FROM a WHERE n_shared = 0 AND logit_diff IS NOT NULL AND abs(logit_diff - (answer_logit - foil_logit)) > 1e-5 * (1 + abs(answer_logit) + abs(foil_logit))
UNION ALL
SELECT 'answer ' || prompt_id || ': log_probability_diff', log_probability_diff, answer_log_probability - foil_log_probability
FROM a WHERE log_probability_diff IS NOT NULL AND log_probability_diff IS NOT answer_log_probability - foil_log_probability
UNION ALL
SELECT 'answer ' || prompt_id || ': n_shared', n_shared, 'at most the tokens of both' FROM a WHERE n_shared > min(answer_n_tokens, foil_n_tokens)
UNION ALL
SELECT 'answer ' || prompt_id || ': answer_logit of the predicted token', answer_logit, predicted_logit
FROM a WHERE answer_id = predicted_id AND (answer_logit <> predicted_logit OR answer_rank <> 1)
UNION ALL
SELECT 'answer ' || prompt_id || ': foil_logit of the predicted token', foil_logit, predicted_logit
FROM a WHERE foil_id = predicted_id AND (foil_logit <> predicted_logit OR foil_rank <> 1)
UNION ALL
SELECT 'answer ' || prompt_id || ': answer_logit of another token than the predicted one', answer_logit, 'at most ' || predicted_logit
FROM a WHERE answer_logit > predicted_logit
UNION ALL
SELECT 'answer ' || prompt_id || ': foil_logit of another token than the predicted one', foil_logit, 'at most ' || predicted_logit
FROM a WHERE foil_logit > predicted_logit
UNION ALL
SELECT 'graph_info ' || prompt_id || ': predicted_probability, from the answer''s and the logits', predicted_probability,
  answer_probability * exp(predicted_logit - answer_logit)
FROM a WHERE answer_probability > 1e-30
  AND abs(ln(predicted_probability) - ln(answer_probability) - (predicted_logit - answer_logit)) > 1e-4 * (1 + abs(predicted_logit) + abs(answer_logit))
UNION ALL
SELECT 'answer ' || prompt_id || ': foil_probability, from the answer''s and the logits', foil_probability, answer_probability * exp(foil_logit - answer_logit)
FROM a WHERE answer_probability > 1e-30 AND foil_probability > 1e-30
  AND abs(ln(foil_probability) - ln(answer_probability) - (foil_logit - answer_logit)) > 1e-4 * (1 + abs(foil_logit) + abs(answer_logit))
