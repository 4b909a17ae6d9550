-- SPDX-License-Identifier: Apache-2.0
-- Columns that prompts have.
SELECT column_name FROM group_value UNION SELECT key FROM prompt_value ORDER BY 1
