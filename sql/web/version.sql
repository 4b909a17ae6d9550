-- SPDX-License-Identifier: Apache-2.0
-- The run and how much of it is stored, as a text that changes with them.
SELECT json_array(fingerprint, (SELECT count(*) FROM process), (SELECT json_array(count(*), sum(chunk_id), sum(n_prompts), sum(n_failed), sum(n_tokens)) FROM chunk))
FROM run
