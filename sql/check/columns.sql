-- SPDX-License-Identifier: Apache-2.0
-- The columns of a table but the generated ones, those of its key first.
SELECT name, pk FROM pragma_table_xinfo(:table_name) WHERE hidden = 0 ORDER BY pk = 0, pk, cid
