-- SPDX-License-Identifier: Apache-2.0
-- Has the table the column that says how many prompts were stored?
SELECT count(*) FROM pragma_table_info('comparison') WHERE name = 'n_prompts'
