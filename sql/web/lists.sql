-- SPDX-License-Identifier: Apache-2.0
-- What the components of a graph promote and suppress, with the lists of components that are in it only below the threshold of the run.
-- :prompt <count> = 0      prompt_id
-- :target <count> = NULL   target position, NULL for the last
WITH found AS (
  SELECT * FROM graph
  WHERE graph_id = coalesce(:prompt << 20 | :target, (SELECT max(graph_id) FROM graph_info WHERE $is_graph_of(graph_id, :prompt)))
    AND $is_graph_of(graph_id, :prompt)
), listed AS MATERIALIZED (
  SELECT p.kind, p.convention, p.layer, p.position, coalesce(p.head, p.neuron, -1) AS at, p.list, p.rank, p.token_id, p.score
  FROM found g, hw_projections(g.projections, NULL, 1) p
)
SELECT json_object(
  'lists', (SELECT json_group_array(json_array(kind, convention, layer, position, at, json(promotes), json(suppresses)))
    FROM (SELECT kind, convention, layer, position, at,
        json_group_array(json_array(token_id, hw_json_number(score))) FILTER (WHERE list = 'promotes') AS promotes,
        json_group_array(json_array(token_id, hw_json_number(score))) FILTER (WHERE list = 'suppresses') AS suppresses
      FROM (SELECT * FROM listed ORDER BY kind, convention, layer, position, at, rank) GROUP BY kind, convention, layer, position, at)),
  'tokens', (SELECT json_group_object(token_id, text) FROM (SELECT DISTINCT token_id FROM listed) JOIN token USING(token_id)))
FROM found
