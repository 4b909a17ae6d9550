-- SPDX-License-Identifier: Apache-2.0
-- Prompts with a row for a mode, those that have a reason in it, and the most frequent reason with its prompts.
SELECT coalesce(sum(n), 0), coalesce(sum(n) FILTER (WHERE reason IS NOT NULL), 0), max(iif(reason IS NULL, 0, n)), reason
FROM (SELECT reason, count(*) AS n FROM relevance WHERE mode = :mode GROUP BY reason ORDER BY reason)
