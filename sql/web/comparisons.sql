-- SPDX-License-Identifier: Apache-2.0
-- Comparisons that are saved, each with how many of its components have q up to 0.05, and its best one.
-- needs comparison: headwater compare DB --by COLUMN=A,B
SELECT json_object('columns', json_array('comparison_id', 'components', 'measure', 'column', 'a', 'b', 'other_database', 'n_a', 'n_b', 'paired', 'n_components',
    'n_significant', 'name', 'source_role', 'target_role', 'difference', 'ci_lo', 'ci_hi', 'q'),
  'rows', json_group_array(json_array(comparison_id, components, measure, column_name, a, b, other_database, n_a, n_b, paired, n_components, n_significant,
    name, source_role, target_role, hw_json_number(difference), hw_json_number(ci_lo), hw_json_number(ci_hi), hw_json_number(q))))
FROM (SELECT c.*, k.name, k.source_role, k.target_role, k.difference, k.ci_lo, k.ci_hi, k.q,
    (SELECT count(*) FROM comparison_component x WHERE x.comparison_id = c.comparison_id AND x.q <= 0.05) AS n_significant
  FROM comparison c LEFT JOIN comparison_component k ON k.comparison_id = c.comparison_id AND k.rank = 1 ORDER BY c.comparison_id)
