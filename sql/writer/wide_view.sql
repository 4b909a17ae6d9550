-- SPDX-License-Identifier: Apache-2.0
-- The statements that make the view prompt_wide anew, for the columns :keys (a JSON array) of the data set. A value that is a finite number
-- is a number, so that columns compare as numbers, and an empty value is NULL; the text is in prompt_value. Text stays what may be an
-- identifier: digits behind a 0 (007) and, of more than 15 characters, what has no point and is no 64-bit integer. A column of the data
-- set that has the name of one of ours is called data.NAME. Columns whose names differ by case only are called NAME#1, NAME#2, in the
-- order of their bytes: SQLite would take one for the other.
WITH ours(name) AS (
  VALUES ('prompt_id'), ('group_id'), ('group_name'), ('n_tokens'), ('text'), ('counterfactual_of'), ('predicted'), ('predicted_probability'),
    ('correct'), ('answer_rank'), ('answer_probability'), ('answer_log_probability'), ('logit_diff'),
    ('whole_correct'), ('answer_n_tokens'), ('n_shared'), ('log_probability_diff')
), named AS (
  SELECT value AS key, CASE WHEN count(*) OVER (PARTITION BY lower(value)) > 1 THEN value || '#' || row_number() OVER (PARTITION BY lower(value) ORDER BY value)
    WHEN lower(value) IN (SELECT name FROM ours) THEN 'data.' || value ELSE value END AS name
  FROM json_each(:keys) ORDER BY value
)
SELECT 'DROP VIEW IF EXISTS prompt_wide; CREATE VIEW prompt_wide AS SELECT p.prompt_id, p.group_id, g.name AS group_name, p.n_tokens, p.text, '
  || 'p.counterfactual_of, t.text AS predicted, i.predicted_probability, a.answer_rank = 1 AS correct, a.answer_rank, a.answer_probability, '
  || 'a.answer_log_probability, a.logit_diff, a.answer_greedy AS whole_correct, a.answer_n_tokens, a.n_shared, a.log_probability_diff'
  || coalesce((SELECT group_concat(', (SELECT iif(value = CAST(value AS NUMERIC) AND abs(CAST(value AS REAL)) < 9e999 AND ltrim(value, '' +-'') NOT GLOB ''0[0-9]*'' '
    || 'AND (length(value) <= 15 OR instr(value, ''.'') OR CAST(CAST(value AS INTEGER) AS TEXT) = ltrim(trim(value), ''+'')), CAST(value AS NUMERIC), nullif(value, '''')) '
    || 'FROM prompt_value v WHERE v.prompt_id = p.prompt_id AND v.key = ' || quote(key) || ') AS "' || replace(name, '"', '""') || '"', '') FROM named), '')
  || ' FROM prompt p JOIN prompt_group g USING(group_id) LEFT JOIN graph_info i ON i.graph_id = (p.prompt_id << 20 | (p.n_tokens - 1)) '
  || 'LEFT JOIN token t ON t.token_id = i.predicted_id LEFT JOIN answer a ON a.prompt_id = p.prompt_id'
