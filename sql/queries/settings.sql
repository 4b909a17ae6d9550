-- SPDX-License-Identifier: Apache-2.0
-- What the run was: model, data set, and every option that decides the content.
SELECT name, value FROM (
  SELECT 0 AS place, 'model' AS name, model_name AS value FROM run UNION ALL
  SELECT 1, 'model family', model_family FROM run UNION ALL
  SELECT 2, 'model fingerprint', model_fingerprint FROM run UNION ALL
  SELECT 3, 'tokenizer fingerprint', tokenizer_fingerprint FROM run UNION ALL
  SELECT 4, 'data set', dataset_name FROM run UNION ALL
  SELECT 5, 'data set fingerprint', dataset_fingerprint FROM run UNION ALL
  SELECT 6, 'prompts', n_prompts FROM run UNION ALL
  SELECT 7, 'prompts stored', (SELECT count(*) FROM prompt) UNION ALL
  SELECT 8, 'prompts failed', (SELECT count(*) FROM failed) UNION ALL
  SELECT 9, name, value FROM setting)
ORDER BY place, name
