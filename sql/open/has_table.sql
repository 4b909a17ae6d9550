-- SPDX-License-Identifier: Apache-2.0
SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = :name
