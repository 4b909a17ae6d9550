-- SPDX-License-Identifier: Apache-2.0
SELECT count(*) FROM prompt p
WHERE counterfactual_of IS NULL
  AND EXISTS (SELECT 1 FROM graph_info i WHERE $is_graph_of(i.graph_id, p.prompt_id))
