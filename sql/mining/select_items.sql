-- SPDX-License-Identifier: Apache-2.0
-- Edges and the graphs that have them, group by group.
SELECT item_id, group_id, n_on FROM agg_item JOIN prompt_group USING(group_id) WHERE NOT marginal AND n_on > 0 ORDER BY item_id, group_id
