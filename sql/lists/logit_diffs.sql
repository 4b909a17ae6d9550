-- SPDX-License-Identifier: Apache-2.0
-- For hw_sort_value.
SELECT prompt_id, logit_diff FROM main.answer WHERE prompt_id >= :from ORDER BY prompt_id
