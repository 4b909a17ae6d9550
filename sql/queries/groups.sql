-- SPDX-License-Identifier: Apache-2.0
-- The groups of prompts: their numbers, names and sizes.
-- First the values of single columns, then the combinations of values.
SELECT g.group_id, g.name AS group_name, coalesce(s.n_prompts, 0) AS prompts, coalesce(s.n, 0) AS graphs
FROM prompt_group g LEFT JOIN agg_group s USING(group_id) ORDER BY g.marginal DESC, g.group_id
