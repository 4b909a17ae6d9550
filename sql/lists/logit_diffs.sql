-- SPDX-License-Identifier: Apache-2.0
-- For hw_list_page and hw_list_way.
SELECT prompt_id, logit_diff FROM main.answer WHERE prompt_id >= :from ORDER BY prompt_id
