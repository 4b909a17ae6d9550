-- SPDX-License-Identifier: Apache-2.0
-- A name goes before a number. A column whose values have one combination each has no marginal groups: the name that such a group would have stands
-- for the combination.
WITH single AS (
  SELECT v.group_id, (SELECT group_concat(column_name || '=' || value, ',') FROM (SELECT * FROM group_value k
      WHERE k.group_id = v.group_id AND (k.column_id = v.column_id OR k.column_name = 'variant') ORDER BY k.column_id)) AS name
  FROM group_value v JOIN prompt_group g USING(group_id) WHERE NOT g.marginal AND v.column_name <> 'variant'
), known AS (
  SELECT group_id, name, 0 AS other FROM prompt_group
  UNION ALL SELECT min(group_id), name, 1 FROM single GROUP BY name HAVING count(*) = 1 AND name NOT IN (SELECT name FROM prompt_group)
)
SELECT group_id, name FROM known WHERE name = :given OR (NOT other AND coalesce(CAST(group_id AS TEXT) = :given, 1))
ORDER BY name = :given DESC, other, group_id
