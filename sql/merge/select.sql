-- SPDX-License-Identifier: Apache-2.0
-- The statement that reads the rows of the table :table in order of its key (its rowid when it has none): those whose :key lies from
-- :first to :last, or all of them where :key is NULL. Generated columns are left out.
WITH columns AS (
  SELECT cid, pk, '"' || replace(name, '"', '""') || '"' AS name FROM pragma_table_xinfo(:table, 'main') WHERE hidden = 0
)
SELECT 'SELECT ' || (SELECT group_concat(name, ', ') FROM (SELECT name FROM columns ORDER BY cid)) || ' FROM main."' || replace(:table, '"', '""') || '"'
  || coalesce(' WHERE "' || :key || '" BETWEEN :first AND :last', '')
  || ' ORDER BY ' || coalesce((SELECT group_concat(name, ', ') FROM (SELECT name FROM columns WHERE pk > 0 ORDER BY pk)), 'rowid')
