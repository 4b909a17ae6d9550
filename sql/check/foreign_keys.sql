-- SPDX-License-Identifier: Apache-2.0
-- Rows whose parent is missing. What is found: the table that has it not.
SELECT "table" || ' row ' || coalesce(rowid, '(without rowid)') || ' refers to a row that is not there' AS fault, "parent" AS found, 'a row of it' AS wanted
FROM pragma_foreign_key_check
