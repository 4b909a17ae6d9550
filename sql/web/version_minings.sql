-- SPDX-License-Identifier: Apache-2.0
-- The saved minings, as a text that changes with them: a number is taken again when its mining was deleted.
-- needs mining: headwater mine DB
SELECT json_group_array(json_array(mining_id, parameters, n_graphs, n_items, n_items_cut, n_sets, complete, note)) FROM mining
