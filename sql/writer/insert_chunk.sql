-- SPDX-License-Identifier: Apache-2.0
INSERT INTO chunk (
  chunk_id, first_prompt, n_prompts, n_failed, n_tokens
) VALUES (
  :chunk_id, :first_prompt, :n_prompts, :n_failed, :n_tokens
) ON CONFLICT DO NOTHING
