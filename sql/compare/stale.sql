-- SPDX-License-Identifier: Apache-2.0
-- Comparisons that were made while fewer prompts were stored than now.
SELECT comparison_id FROM comparison WHERE n_prompts <> (SELECT coalesce(sum(n_prompts - n_failed), 0) FROM chunk) ORDER BY comparison_id
