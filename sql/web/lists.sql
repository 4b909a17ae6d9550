-- SPDX-License-Identifier: Apache-2.0
-- What the components of a graph promote and suppress, with the lists of components that are in it only below the threshold of the run.
-- :prompt <count> = 0      prompt_id
-- :target <count> = NULL   target position, NULL for the last
SELECT json_object(
  'lists', hw_json_lists(projections),
  'tokens', (SELECT json_group_object(token_id, text) FROM (SELECT DISTINCT token_id FROM hw_projections(g.projections, NULL, 1)) JOIN token USING(token_id)))
FROM graph g
WHERE graph_id = coalesce(:prompt << 20 | :target, (SELECT max(graph_id) FROM graph_info WHERE $is_graph_of(graph_id, :prompt)))
  AND $is_graph_of(graph_id, :prompt)
