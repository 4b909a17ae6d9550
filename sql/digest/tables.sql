-- SPDX-License-Identifier: Apache-2.0
-- The tables that the digest covers, in order of name, each with the statement that reads its rows in order of its key (its rowid when
-- it has none). Generated columns are left out.
WITH quoted AS (
  SELECT t.name AS table_name, c.cid, c.pk, c.hidden, '"' || replace(c.name, '"', '""') || '"' AS column_name
  FROM main.sqlite_schema t, pragma_table_xinfo(t.name) c
  WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND t.name NOT IN ('process', 'mining', 'circuit', 'circuit_edge',
    'circuit_group', 'circuit_break', 'comparison', 'comparison_component')
)
SELECT table_name, 'SELECT ' || (SELECT group_concat(column_name, ', ') FROM (SELECT column_name FROM quoted c
    WHERE c.table_name = t.table_name AND hidden = 0 ORDER BY cid))
  || ' FROM main."' || replace(table_name, '"', '""') || '" ORDER BY ' || coalesce((SELECT group_concat(column_name, ', ')
    FROM (SELECT column_name FROM quoted c WHERE c.table_name = t.table_name AND pk > 0 ORDER BY pk)), 'rowid')
FROM quoted t GROUP BY table_name ORDER BY table_name
