-- SPDX-License-Identifier: Apache-2.0
-- The tables that the digest covers, in order of name, each with the statement that reads its rows in order of its key (its rowid when
-- it has none). Left out: generated columns; how the run was cut into chunks (chunk, the setting chunk-tokens, and the fingerprint, which
-- covers it beside what run and setting say); item_graph, whose lists are joined first (digest/item_graphs.sql). `late` tables came after
-- schema version 2 and are no part of the digest as long as they have no rows, so that a file keeps its digest when it is migrated.
WITH quoted AS (
  SELECT t.name AS table_name, c.cid, c.pk, c.hidden, '"' || replace(c.name, '"', '""') || '"' AS column_name
  FROM main.sqlite_schema t, pragma_table_xinfo(t.name) c
  WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND t.name NOT IN ('process', 'process_stage', 'chunk', 'item_graph', 'mining',
    'circuit', 'circuit_edge', 'circuit_group', 'circuit_break', 'comparison', 'comparison_component',
    'certificate_run', 'certificate', 'certificate_component', 'certificate_curve', 'knockout', 'knockout_pair') AND NOT (t.name = 'run' AND c.name = 'fingerprint')
)
SELECT table_name, 'SELECT ' || (SELECT group_concat(column_name, ', ') FROM (SELECT column_name FROM quoted c
    WHERE c.table_name = t.table_name AND hidden = 0 ORDER BY cid))
  || ' FROM main."' || replace(table_name, '"', '""')
  || CASE table_name WHEN 'setting' THEN '" WHERE name <> ''chunk-tokens'' ORDER BY ' ELSE '" ORDER BY ' END
  || coalesce((SELECT group_concat(column_name, ', ')
    FROM (SELECT column_name FROM quoted c WHERE c.table_name = t.table_name AND pk > 0 ORDER BY pk)), 'rowid'),
  table_name IN ('relevance', 'agg_relevance') AS late
FROM quoted t GROUP BY table_name ORDER BY table_name
