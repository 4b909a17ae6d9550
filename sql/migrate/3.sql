-- SPDX-License-Identifier: Apache-2.0
-- From schema version 2 to 3: what schema.sql has beside version 2. Columns are added at the end of their table here and there, so that both
-- give the same schema (tests/cli/migrate.sh compares them). The views are made anew after the last step.
ALTER TABLE process ADD COLUMN shard INTEGER;
ALTER TABLE process ADD COLUMN n_shards INTEGER;
ALTER TABLE process ADD COLUMN shard_prompts INTEGER;
