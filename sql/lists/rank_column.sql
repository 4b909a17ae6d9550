-- SPDX-License-Identifier: Apache-2.0
-- For hw_list_page and hw_list_way: all rows at once. The table is read in the order of its key.
SELECT hw_list_column(prompt_id, answer_rank) FROM main.answer WHERE prompt_id BETWEEN :first AND :last
