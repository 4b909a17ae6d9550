-- SPDX-License-Identifier: Apache-2.0
-- Why there is no graph: the prompt failed, has no such target, is not stored yet, or the run has no such prompt.
-- :prompt <count> = 0        prompt_id
-- :target <count> = NULL     target position
-- :layer <count> = NULL      not used
-- :position <count> = NULL   not used
SELECT CASE
  WHEN EXISTS (SELECT 1 FROM failed WHERE prompt_id = :prompt) THEN
    (SELECT json_object('error', 'failed', 'message', 'prompt ' || :prompt || ' could not be traced: ' || reason, 'reason', reason, 'text', text)
    FROM failed WHERE prompt_id = :prompt)
  WHEN EXISTS (SELECT 1 FROM graph_info WHERE $is_graph_of(graph_id, :prompt)) THEN
    json_object('error', 'not_found', 'message', 'prompt ' || :prompt || ' has no graph at target ' || :target || '; it has '
      || (SELECT group_concat(target_pos, ', ') FROM (SELECT target_pos FROM graph_info WHERE $is_graph_of(graph_id, :prompt) ORDER BY graph_id LIMIT 20)))
  WHEN n_prompts = 0 THEN json_object('error', 'not_found', 'message', 'no prompt ' || :prompt || '; the run has none')
  WHEN :prompt >= n_prompts THEN
    json_object('error', 'not_found', 'message', 'no prompt ' || :prompt || '; the run has 0 to ' || (n_prompts - 1))
  ELSE json_object('error', 'not_stored', 'message', 'prompt ' || :prompt || ' is not stored yet: the run is not finished') END
FROM run WHERE :layer IS NULL OR :position IS NULL OR 1
