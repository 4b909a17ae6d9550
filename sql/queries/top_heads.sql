-- SPDX-License-Identifier: Apache-2.0
-- The heads that matter most over the data set, by mean importance.
-- :limit = 20     rows
SELECT name AS head, mean, ci_lo, ci_hi, frequency, flow_mean, max, example_prompt
FROM head_importance ORDER BY mean DESC, layer, head LIMIT :limit
