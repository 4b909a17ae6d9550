-- SPDX-License-Identifier: Apache-2.0
-- Tokens of each chunk; those of failed prompts are not known, so there may be more.
SELECT 'chunk ' || chunk_id || ': n_tokens', n_tokens, iif(n_failed, 'at least ', '') || n_found
FROM (SELECT c.chunk_id, c.n_tokens, c.n_failed,
    (SELECT coalesce(sum(p.n_tokens), 0) FROM prompt p WHERE p.prompt_id BETWEEN c.first_prompt AND c.first_prompt + c.n_prompts - 1) AS n_found
  FROM chunk c)
WHERE n_tokens < n_found OR (n_failed = 0 AND n_tokens <> n_found)
