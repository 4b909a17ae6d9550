-- SPDX-License-Identifier: Apache-2.0
-- Settings of the runs of two databases that differ.
SELECT name, coalesce(nullif(a.value, ''), 'none'), coalesce(nullif(b.value, ''), 'none')
FROM (SELECT name FROM main.setting UNION SELECT name FROM other.setting) LEFT JOIN main.setting a USING(name) LEFT JOIN other.setting b USING(name)
WHERE a.value IS NOT b.value ORDER BY name
