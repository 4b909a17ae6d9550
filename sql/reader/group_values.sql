-- SPDX-License-Identifier: Apache-2.0
SELECT group_id, column_id, column_name, value FROM group_value JOIN prompt_group USING(group_id) WHERE NOT marginal ORDER BY group_id, column_id
