-- SPDX-License-Identifier: Apache-2.0
-- Prompts that could not be traced, and why; count: all of them.
-- :limit <count> = 1000  rows
SELECT json_object('count', (SELECT count(*) FROM failed), 'columns', json_array('prompt_id', 'reason', 'text'),
  'rows', json_group_array(json_array(prompt_id, reason, text)))
FROM (SELECT * FROM failed ORDER BY prompt_id LIMIT :limit)
