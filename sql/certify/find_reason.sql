-- SPDX-License-Identifier: Apache-2.0
-- The most frequent reason of prompts without numbers.
SELECT reason FROM certificate WHERE certificate_id = :certificate_id AND reason IS NOT NULL GROUP BY reason ORDER BY count(*) DESC, reason LIMIT 1
