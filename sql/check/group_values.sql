-- SPDX-License-Identifier: Apache-2.0
-- The values of a prompt in the columns that group are those of its group.
SELECT 'prompt ' || p.prompt_id || ': ' || g.column_name, v.value, g.value || ', as its group ' || p.group_id
FROM prompt p JOIN group_value g USING(group_id) JOIN prompt_value v ON v.prompt_id = p.prompt_id AND v.key = g.column_name
WHERE v.value <> g.value
UNION ALL
SELECT 'prompt ' || prompt_id || ': group_id', group_id, 'a group that is no sum' FROM prompt JOIN prompt_group USING(group_id) WHERE marginal
