-- SPDX-License-Identifier: Apache-2.0
-- Statements that made the tables and views; one of them, or all. Indexes are those of their tables.
SELECT sql FROM (SELECT type, name, tbl_name, sql FROM sqlite_schema UNION ALL SELECT type, name, tbl_name, sql FROM sqlite_temp_schema)
WHERE sql IS NOT NULL AND (:name IS NULL OR lower(tbl_name) = lower(:name)) ORDER BY tbl_name, type = 'index', name
