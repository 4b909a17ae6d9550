-- SPDX-License-Identifier: Apache-2.0
-- Minings of fewer or other graphs than there are now.
SELECT mining_id FROM mining WHERE n_graphs <> (SELECT n FROM agg_group WHERE group_id = -1) ORDER BY mining_id
