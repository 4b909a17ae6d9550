-- SPDX-License-Identifier: Apache-2.0
SELECT chunk_id, n_prompts, n_failed FROM chunk ORDER BY chunk_id
