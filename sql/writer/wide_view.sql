-- SPDX-License-Identifier: Apache-2.0
-- The statements that make the view prompt_wide anew, for the columns :keys (a JSON array) of the data set. A value
-- of at most 15 characters that is a number (007 is none) is a number, so that columns compare as numbers, and an empty value is NULL; the text is in prompt_value. A
-- column of the data set that has the name of one of ours is called data.NAME.
WITH ours(name) AS (
  VALUES ('prompt_id'), ('group_id'), ('group_name'), ('n_tokens'), ('text'), ('counterfactual_of'), ('predicted'), ('predicted_probability'),
    ('correct'), ('answer_rank'), ('answer_probability'), ('answer_log_probability'), ('logit_diff'),
    ('whole_correct'), ('answer_n_tokens'), ('n_shared'), ('log_probability_diff')
), named AS (
  SELECT k.value AS key, iif(lower(k.value) IN (SELECT name FROM ours), 'data.' || k.value, k.value) AS name
  FROM json_each(:keys) k ORDER BY k.value
)
SELECT 'DROP VIEW IF EXISTS prompt_wide; CREATE VIEW prompt_wide AS SELECT p.prompt_id, p.group_id, g.name AS group_name, p.n_tokens, p.text, '
  || 'p.counterfactual_of, t.text AS predicted, i.predicted_probability, a.answer_rank = 1 AS correct, a.answer_rank, a.answer_probability, '
  || 'a.answer_log_probability, a.logit_diff, a.answer_greedy AS whole_correct, a.answer_n_tokens, a.n_shared, a.log_probability_diff'
  || coalesce((SELECT group_concat(', (SELECT iif(value = '''', NULL, iif(length(value) <= 15 AND value = CAST(value AS NUMERIC) AND value NOT GLOB ''0[0-9]*'' AND value NOT GLOB ''-0[0-9]*'', CAST(value AS NUMERIC), value)) '
    || 'FROM prompt_value v WHERE v.prompt_id = p.prompt_id AND v.key = ' || quote(key) || ') AS "' || replace(name, '"', '""') || '"', '') FROM named), '')
  || ' FROM prompt p JOIN prompt_group g USING(group_id) LEFT JOIN graph_info i ON i.graph_id = (p.prompt_id << 20 | (p.n_tokens - 1)) '
  || 'LEFT JOIN token t ON t.token_id = i.predicted_id LEFT JOIN answer a ON a.prompt_id = p.prompt_id'
