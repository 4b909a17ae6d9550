-- SPDX-License-Identifier: Apache-2.0
WITH names(name) AS (SELECT column_name FROM group_value UNION SELECT key FROM prompt_value)
SELECT name, name FROM names WHERE :given IS NULL OR name = :given ORDER BY name
