-- SPDX-License-Identifier: Apache-2.0
-- Prompts that the processes stored, all together.
SELECT 'process: prompts_done of all', n_done, n_found
FROM (SELECT (SELECT coalesce(sum(prompts_done), 0) FROM process) AS n_done, (SELECT coalesce(sum(n_prompts), 0) FROM chunk) AS n_found)
WHERE n_done <> n_found
UNION ALL
SELECT 'process ' || process_id || ': shard', shard || '/' || n_shards, 'a number from 1 to that of the shards' FROM process WHERE shard NOT BETWEEN 1 AND n_shards
