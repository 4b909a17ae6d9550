-- SPDX-License-Identifier: Apache-2.0
-- Graphs of each group, without the counterfactuals (which are in groups of their own).
SELECT p.group_id, count(*) FROM graph_info i CROSS JOIN prompt p ON p.prompt_id = i.prompt_id
WHERE p.counterfactual_of IS NULL GROUP BY p.group_id ORDER BY p.group_id
