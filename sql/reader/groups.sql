-- SPDX-License-Identifier: Apache-2.0
SELECT name FROM prompt_group WHERE NOT marginal ORDER BY group_id
