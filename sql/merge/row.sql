-- SPDX-License-Identifier: Apache-2.0
-- The statement that reads one row of the table :table, whose key columns are parameters of their names.
WITH columns AS (
  SELECT cid, pk, name, '"' || replace(name, '"', '""') || '"' AS quoted FROM pragma_table_xinfo(:table, 'main') WHERE hidden = 0
)
SELECT 'SELECT ' || (SELECT group_concat(quoted, ', ') FROM (SELECT quoted FROM columns ORDER BY cid)) || ' FROM main."' || replace(:table, '"', '""')
  || '" WHERE ' || (SELECT group_concat(quoted || ' = :' || name, ' AND ') FROM (SELECT quoted, name FROM columns WHERE pk > 0 ORDER BY pk))
