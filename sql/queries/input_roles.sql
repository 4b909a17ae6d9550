-- SPDX-License-Identifier: Apache-2.0
-- What the predictions are made from: share of the input by role of the token.
-- :group <group> = NULL  name of a group, NULL for all
SELECT role, mean, std, ci_lo, ci_hi, frequency, max, example_prompt, n FROM role_flow_by_group
WHERE layer = 0 AND group_id = coalesce(:group, -1)
ORDER BY mean DESC, role_id
