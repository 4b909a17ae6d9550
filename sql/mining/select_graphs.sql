-- SPDX-License-Identifier: Apache-2.0
-- Graphs with the group of their prompt, in order of graph_id.
SELECT i.graph_id, p.group_id FROM graph_info i CROSS JOIN prompt p ON p.prompt_id = i.prompt_id
WHERE p.counterfactual_of IS NULL ORDER BY i.graph_id
