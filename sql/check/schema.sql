-- SPDX-License-Identifier: Apache-2.0
SELECT type, name, sql FROM main.sqlite_schema WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name <> 'prompt_wide' ORDER BY name
