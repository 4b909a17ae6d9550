-- SPDX-License-Identifier: Apache-2.0
-- The statement that counts the rows of the table :table.
SELECT 'SELECT count(*) FROM main."' || replace(:table, '"', '""') || '"'
