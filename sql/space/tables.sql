-- SPDX-License-Identifier: Apache-2.0
-- Pages of each table with its indices, the largest first: bytes of the pages, and what of them is not used.
SELECT coalesce(s.tbl_name, d.name) AS table_name, sum(d.pageno) AS pages, sum(d.pgsize) AS bytes, sum(d.unused) AS unused
FROM dbstat d LEFT JOIN main.sqlite_schema s ON s.name = d.name
WHERE d.aggregate = TRUE GROUP BY table_name ORDER BY bytes DESC, table_name
