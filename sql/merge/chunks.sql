-- SPDX-License-Identifier: Apache-2.0
SELECT chunk_id, first_prompt, n_prompts, n_failed, n_tokens FROM chunk ORDER BY chunk_id
