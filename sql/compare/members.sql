-- SPDX-License-Identifier: Apache-2.0
-- Prompts of two groups: side 0 and 1, number of the cluster and of the pair (NULL: none). A column is one of --group-by or another
-- one of the data set; an empty value is none. Counterfactual prompts stay out unless it is the variants that are compared; the pair
-- counterfactual_of is a prompt and its counterfactual. Without a column, :prompts_a and :prompts_b are JSON arrays of prompt_id.
WITH chosen(prompt_id, label) AS MATERIALIZED (
  SELECT value, :a FROM json_each(:prompts_a) UNION SELECT value, :b FROM json_each(:prompts_b)
), labelled AS MATERIALIZED (
  SELECT prompt_id, group_id, counterfactual_of, label FROM (
    SELECT p.prompt_id, p.group_id, p.counterfactual_of, c.label FROM chosen c CROSS JOIN prompt p USING(prompt_id) UNION ALL
    SELECT p.prompt_id, p.group_id, p.counterfactual_of,
      coalesce((SELECT value FROM group_value g WHERE g.group_id = p.group_id AND column_name = :column),
        (SELECT value FROM prompt_value v WHERE v.prompt_id = p.prompt_id AND key = :column))
    FROM prompt p WHERE :column IS NOT NULL) p
  WHERE (counterfactual_of IS NULL OR :column = 'variant')
    AND EXISTS (SELECT 1 FROM graph_info i WHERE $is_graph_of(i.graph_id, p.prompt_id))
), member AS MATERIALIZED (
  SELECT prompt_id, label = :b AS side,
    nullif(coalesce((SELECT value FROM group_value g WHERE g.group_id = p.group_id AND column_name = :cluster),
      (SELECT value FROM prompt_value v WHERE v.prompt_id = p.prompt_id AND key = :cluster)), '') AS cluster,
    CASE :pairs WHEN 'counterfactual_of' THEN coalesce(counterfactual_of, prompt_id)
      ELSE nullif(coalesce((SELECT value FROM group_value g WHERE g.group_id = p.group_id AND column_name = :pairs),
        (SELECT value FROM prompt_value v WHERE v.prompt_id = p.prompt_id AND key = :pairs)), '') END AS pair
  FROM labelled p WHERE label IN (:a, :b)
)
SELECT prompt_id, side, CASE WHEN cluster IS NOT NULL THEN dense_rank() OVER (ORDER BY cluster) END,
  CASE WHEN pair IS NOT NULL THEN dense_rank() OVER (ORDER BY pair) END
FROM member ORDER BY prompt_id
