-- SPDX-License-Identifier: Apache-2.0
-- For a table that an earlier program made.
ALTER TABLE comparison ADD COLUMN n_prompts INTEGER
