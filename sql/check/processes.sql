-- SPDX-License-Identifier: Apache-2.0
-- Prompts that the processes stored, all together.
SELECT 'process: prompts_done of all', n_done, n_found
FROM (SELECT (SELECT coalesce(sum(prompts_done), 0) FROM process) AS n_done, (SELECT coalesce(sum(n_prompts), 0) FROM chunk) AS n_found)
WHERE n_done <> n_found
