-- SPDX-License-Identifier: Apache-2.0
-- Of a finished run, or of a finished shard: every prompt is there, and no more.
WITH part AS (SELECT shard, n_shards, max(shard_prompts) AS n FROM process GROUP BY shard, n_shards),
  only AS (SELECT n FROM part WHERE shard IS NOT NULL AND (SELECT count(*) FROM part) = 1),
  found AS (SELECT coalesce(sum(n_prompts), 0) AS n FROM chunk)
SELECT 'run: n_prompts', n_prompts, found.n FROM run, found WHERE NOT EXISTS (SELECT 1 FROM only) AND n_prompts <> found.n
UNION ALL
SELECT 'process: shard_prompts', only.n, found.n FROM only, found WHERE only.n <> found.n
