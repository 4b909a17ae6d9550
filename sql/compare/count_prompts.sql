-- SPDX-License-Identifier: Apache-2.0
SELECT count(*) FROM prompt p
WHERE counterfactual_of IS NULL
  AND EXISTS (SELECT 1 FROM graph_info i WHERE i.graph_id BETWEEN p.prompt_id << 20 AND p.prompt_id << 20 | 1048575)
