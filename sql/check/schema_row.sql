-- SPDX-License-Identifier: Apache-2.0
SELECT sql FROM main.sqlite_schema WHERE type = :type AND name = :name
