-- SPDX-License-Identifier: Apache-2.0
-- Comparisons that are saved.
-- needs comparison: headwater compare DB --by COLUMN=A,B
SELECT json_group_array(json_object('id', comparison_id, 'components', components, 'measure', measure, 'column', column_name, 'a', a, 'b', b,
  'n_a', n_a, 'n_b', n_b, 'paired', json(iif(paired, 'true', 'false'))))
FROM (SELECT * FROM comparison ORDER BY comparison_id)
