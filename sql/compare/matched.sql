-- SPDX-License-Identifier: Apache-2.0
-- Prompts that two databases share: the same prompt_id and text (the same token ids where there is no text), with graphs in both.
-- Counterfactual prompts stay out.
WITH matched AS MATERIALIZED (
  SELECT a.prompt_id,
    nullif(coalesce((SELECT value FROM main.group_value g WHERE g.group_id = a.group_id AND column_name = :cluster),
      (SELECT value FROM main.prompt_value v WHERE v.prompt_id = a.prompt_id AND key = :cluster)), '') AS cluster
  FROM main.prompt a JOIN other.prompt b ON b.prompt_id = a.prompt_id
  WHERE a.counterfactual_of IS NULL AND b.counterfactual_of IS NULL
    AND (a.text = b.text OR (a.text IS NULL AND b.text IS NULL AND a.tokens = b.tokens))
    AND EXISTS (SELECT 1 FROM main.graph_info i WHERE $is_graph_of(i.graph_id, a.prompt_id))
    AND EXISTS (SELECT 1 FROM other.graph_info i WHERE $is_graph_of(i.graph_id, a.prompt_id))
)
SELECT prompt_id, CASE WHEN cluster IS NOT NULL THEN dense_rank() OVER (ORDER BY cluster) END FROM matched ORDER BY prompt_id
