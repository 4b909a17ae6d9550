-- SPDX-License-Identifier: Apache-2.0
-- 1: there is a table comparison, and it does not say how many prompts were stored.
SELECT EXISTS(SELECT 1 FROM pragma_table_info('comparison')) AND NOT EXISTS(SELECT 1 FROM pragma_table_info('comparison') WHERE name = 'n_prompts')
