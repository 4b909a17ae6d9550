-- SPDX-License-Identifier: Apache-2.0
-- n_rows: prompts that are there, so that a damaged n_prompts is found before memory is taken for so many.
SELECT c.first_prompt, c.n_prompts, c.n_tokens,
  (SELECT count(*) FROM prompt p WHERE p.prompt_id BETWEEN c.first_prompt AND c.first_prompt + c.n_prompts - 1)
  + (SELECT count(*) FROM failed f WHERE f.prompt_id BETWEEN c.first_prompt AND c.first_prompt + c.n_prompts - 1) AS n_rows
FROM chunk c WHERE c.chunk_id = :chunk
