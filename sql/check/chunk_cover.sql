-- SPDX-License-Identifier: Apache-2.0
-- Prompts of each chunk, stored and failed, and chunks that begin before the one before them ends.
SELECT 'chunk ' || chunk_id || ': prompts in its range', n_rows, n_prompts
FROM (SELECT c.chunk_id, c.n_prompts,
    (SELECT count(*) FROM prompt p WHERE p.prompt_id BETWEEN c.first_prompt AND c.first_prompt + c.n_prompts - 1)
    + (SELECT count(*) FROM failed f WHERE f.prompt_id BETWEEN c.first_prompt AND c.first_prompt + c.n_prompts - 1) AS n_rows
  FROM chunk c)
WHERE n_rows <> n_prompts
UNION ALL
SELECT 'chunk ' || chunk_id || ': n_failed', n_failed, n_rows
FROM (SELECT c.chunk_id, c.n_failed,
    (SELECT count(*) FROM failed f WHERE f.prompt_id BETWEEN c.first_prompt AND c.first_prompt + c.n_prompts - 1) AS n_rows
  FROM chunk c)
WHERE n_rows <> n_failed
UNION ALL
SELECT 'chunk ' || chunk_id || ': first_prompt', first_prompt, 'at least ' || before
FROM (SELECT chunk_id, first_prompt, lag(first_prompt + n_prompts, 1, 0) OVER (ORDER BY first_prompt, chunk_id) AS before FROM chunk)
WHERE first_prompt < before
UNION ALL
SELECT 'chunk ' || chunk_id || ': its number, in order of its prompts', chunk_id, 'more than ' || before
FROM (SELECT chunk_id, lag(chunk_id, 1, -1) OVER (ORDER BY first_prompt, chunk_id) AS before FROM chunk)
WHERE chunk_id <= before
