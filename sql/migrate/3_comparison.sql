-- SPDX-License-Identifier: Apache-2.0
-- Some programs with schema version 2 made the table without it.
ALTER TABLE comparison ADD COLUMN n_prompts INTEGER
