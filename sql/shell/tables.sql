-- SPDX-License-Identifier: Apache-2.0
-- What can be asked: tables and views, those of this connection among them.
SELECT type, name FROM (SELECT type, name FROM sqlite_schema UNION ALL SELECT type, name FROM sqlite_temp_schema)
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type, name
