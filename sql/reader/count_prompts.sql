-- SPDX-License-Identifier: Apache-2.0
-- A file into which one shard of a run was written covers the prompts of that shard; any other all prompts of the run.
WITH part AS (SELECT shard, n_shards, max(shard_prompts) AS n FROM process GROUP BY shard, n_shards),
  only AS (SELECT shard, n_shards, n FROM part WHERE shard IS NOT NULL AND (SELECT count(*) FROM part) = 1)
SELECT (SELECT coalesce(sum(n_prompts - n_failed), 0) FROM chunk) AS stored, (SELECT coalesce(sum(n_failed), 0) FROM chunk) AS failed,
  coalesce((SELECT n FROM only), n_prompts) AS planned, coalesce((SELECT shard FROM only), 0) AS shard, coalesce((SELECT n_shards FROM only), 0) AS n_shards
FROM run
