-- SPDX-License-Identifier: Apache-2.0
SELECT s.group_id, g.name AS group_name, s.n, s.n_prompts FROM agg_group s LEFT JOIN prompt_group g USING(group_id)
WHERE s.group_id >= -1 ORDER BY s.group_id
