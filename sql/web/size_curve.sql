-- SPDX-License-Identifier: Apache-2.0
-- The named query of the same name, of fewer prompts; of: graphs that there are.
-- :thresholds <numbers> = NULL  list like '0.02,0.05,0.1'; NULL for 12 steps from the floor
-- :sample <count> = 50          prompts, evenly chosen; 0 for all
SELECT json_object('sample', :sample, 'of', (SELECT n FROM agg_group WHERE group_id = -1),
  'columns', json_array('threshold', 'graphs', 'edges', 'nodes', 'heads', 'ffn_nodes', 'edges_min', 'edges_max'),
  'rows', json_group_array(json_array(hw_json_number(threshold), graphs, hw_json_number(edges), hw_json_number(nodes), hw_json_number(heads),
    hw_json_number(ffn_nodes), edges_min, edges_max)))
FROM ($size_curve)
