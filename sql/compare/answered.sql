-- SPDX-License-Identifier: Apache-2.0
SELECT 1 FROM answer WHERE prompt_id = :prompt_id AND answer_rank IS NOT NULL
