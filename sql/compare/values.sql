-- SPDX-License-Identifier: Apache-2.0
-- Values of a column that prompts of a group can have, the frequent ones first.
SELECT value FROM (
  SELECT coalesce((SELECT value FROM group_value g WHERE g.group_id = p.group_id AND column_name = :column),
    (SELECT value FROM prompt_value v WHERE v.prompt_id = p.prompt_id AND key = :column)) AS value
  FROM prompt p WHERE (counterfactual_of IS NULL OR :column = 'variant') AND EXISTS (SELECT 1 FROM graph_info i WHERE $is_graph_of(i.graph_id, p.prompt_id)))
WHERE value IS NOT NULL GROUP BY value ORDER BY count(*) DESC, value
