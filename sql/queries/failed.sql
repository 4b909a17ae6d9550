-- SPDX-License-Identifier: Apache-2.0
-- Prompts that could not be traced, and why.
-- :limit <count> = 100  rows, 0 for all
SELECT prompt_id, reason, text FROM failed ORDER BY prompt_id LIMIT $limit_or_all
