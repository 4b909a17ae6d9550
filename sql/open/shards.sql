-- SPDX-License-Identifier: Apache-2.0
-- What processes took of the run: a row each; NULL: all chunks.
SELECT shard, n_shards FROM process GROUP BY shard, n_shards ORDER BY n_shards, shard
