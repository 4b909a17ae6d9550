-- SPDX-License-Identifier: Apache-2.0
WITH place AS (
  SELECT role_id, row_number() OVER (ORDER BY sum(mean) DESC, role_id) AS place FROM role_flow WHERE role <> '-' GROUP BY role_id HAVING sum(mean) > 0
)
SELECT layer, CASE WHEN p.place <= 8 THEN role ELSE 'other' END AS role, sum(mean) AS mean
FROM role_flow LEFT JOIN place p USING(role_id)
GROUP BY layer, CASE WHEN p.place <= 8 THEN p.place ELSE 9 END ORDER BY layer, CASE WHEN p.place <= 8 THEN p.place ELSE 9 END
