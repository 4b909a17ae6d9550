-- SPDX-License-Identifier: Apache-2.0
SELECT first_prompt, n_prompts, n_tokens FROM chunk WHERE chunk_id = :chunk
