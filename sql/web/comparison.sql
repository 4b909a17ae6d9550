-- SPDX-License-Identifier: Apache-2.0
-- A saved comparison and its components, by rank. group_a, group_b: the group of the data set's own prompts that is a side; NULL where a side is not
-- one group. item_id: of an edge aligned by role.
-- needs comparison: headwater compare DB --by COLUMN=A,B
-- :id <comparison>      comparison_id
-- :limit <count> = 500  rows
WITH side AS (
  SELECT v.value, v.group_id FROM comparison c JOIN group_value v ON v.column_name = c.column_name
  WHERE c.comparison_id = :id AND c.other_database IS NULL AND NOT EXISTS (SELECT 1 FROM group_value w
    WHERE w.group_id = v.group_id AND w.column_name <> v.column_name AND NOT (w.column_name = 'variant' AND w.value = 'clean'))
)
SELECT json_object('id', comparison_id, 'components', components, 'measure', measure, 'column', column_name, 'a', a, 'b', b, 'other_database', other_database,
  'n_a', n_a, 'n_b', n_b, 'left_out_a', left_out_a, 'left_out_b', left_out_b, 'paired', json(iif(paired, 'true', 'false')), 'pairs', pair_column,
  'clusters', cluster_column, 'n_clusters', n_clusters, 'unit', unit, 'exchange', exchange, 'n_units', n_units, 'permutations', n_permutations, 'seed', seed,
  'least_p', hw_json_number(least_p), 'n_components', n_components, 'n_rare', n_rare,
  'stale', json(iif(n_prompts <> (SELECT sum(n_prompts - n_failed) FROM chunk), 'true', 'false')),
  'group_a', (SELECT iif(count(*) = 1, max(group_id), NULL) FROM side WHERE value = c.a),
  'group_b', (SELECT iif(count(*) = 1, max(group_id), NULL) FROM side WHERE value = c.b),
  'columns', json_array('rank', 'name', 'layer', 'head', 'neuron', 'item_id', 'source_role', 'target_role', 'mean_a', 'mean_b', 'difference', 'ci_lo', 'ci_hi',
    'effect', 'p', 'q', 'active_a', 'active_b'),
  'rows', (SELECT json_group_array(json_array(rank, name, layer, head, neuron, item_id, source_role, target_role, hw_json_number(mean_a), hw_json_number(mean_b),
      hw_json_number(difference), hw_json_number(ci_lo), hw_json_number(ci_hi), hw_json_number(effect), hw_json_number(p), hw_json_number(q), active_a, active_b))
    FROM (SELECT k.*, CASE k.kind WHEN 'attention' THEN $item_id(k.layer, k.head, s.role_id, t.role_id)
        WHEN 'ffn' THEN (1 << 30) + $item_id(k.layer, 0, s.role_id, t.role_id) END AS item_id
      FROM comparison_component k LEFT JOIN role s ON s.name = k.source_role LEFT JOIN role t ON t.name = k.target_role
      WHERE k.comparison_id = c.comparison_id ORDER BY k.rank LIMIT :limit)))
FROM comparison c WHERE c.comparison_id = :id
