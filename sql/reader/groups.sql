-- SPDX-License-Identifier: Apache-2.0
SELECT name FROM prompt_group ORDER BY group_id
