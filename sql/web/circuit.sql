-- SPDX-License-Identifier: Apache-2.0
-- One recurring circuit: its edges, how often each group shows it, and its breaks (named queries circuits_by_group and circuit_breaks).
-- The intervals take graphs as independent.
-- needs mining: headwater mine DB
-- :rank <count> = 1        its rank
-- :mining <mining> = NULL  number of a mining, NULL for the latest
WITH found AS (
  SELECT c.*, m.n_graphs, m.parameters, c.support * 1.0 / m.n_graphs AS f, (SELECT count(*) FROM circuit o WHERE o.mining_id = c.mining_id) AS circuits
  FROM circuit c JOIN mining m USING(mining_id)
  WHERE c.mining_id = coalesce(:mining, (SELECT max(mining_id) FROM mining)) AND c.rank = :rank
)
SELECT json_object('mining', mining_id, 'rank', rank, 'circuits', circuits, 'path', path, 'graphs', n_graphs, 'n_active', support,
  'frequency', hw_json_number(f), 'frequency_lo', hw_json_number($wilson_lo(f, n_graphs)), 'frequency_hi', hw_json_number($wilson_hi(f, n_graphs)),
  'lift', hw_json_number(lift), 'new_cells', new_cells,
  'edges', json((SELECT json_object('columns', json_array('item_id', 'frequency', 'frequency_lo', 'frequency_hi', 'mean', 'ci_lo', 'ci_hi'),
      'rows', json_group_array(json_array(item_id, hw_json_number(frequency), hw_json_number(frequency_lo), hw_json_number(frequency_hi), hw_json_number(mean),
        hw_json_number(ci_lo), hw_json_number(ci_hi))))
    FROM (SELECT v.* FROM circuit_edge e JOIN edge_frequency v USING(item_id) WHERE e.circuit_id = c.circuit_id ORDER BY v.layer, v.kind, v.head, item_id))),
  'groups', json((SELECT json_object('columns', json_array('group_id', 'group_name', 'frequency', 'frequency_lo', 'frequency_hi', 'n_active', 'n'),
      'rows', json_group_array(json_array(group_id, name, hw_json_number(f), hw_json_number($wilson_lo(f, n)), hw_json_number($wilson_hi(f, n)), k, n)))
    FROM (SELECT p.group_id, p.name, sum(s.support) * 1.0 / sum(s.n) AS f, sum(s.support) AS k, sum(s.n) AS n
      FROM circuit_group s JOIN group_member i ON i.member_id = s.group_id JOIN prompt_group p ON p.group_id = i.group_id
      WHERE s.circuit_id = c.circuit_id GROUP BY p.group_id ORDER BY p.marginal DESC, p.group_id))),
  'breaks', json((SELECT json_object('columns', json_array('item_id', 'n', 'prompts'), 'rows', json_group_array(json_array(item_id, n, json(prompts))))
    FROM (SELECT * FROM circuit_break b WHERE b.circuit_id = c.circuit_id ORDER BY n DESC, item_id))))
FROM found c
