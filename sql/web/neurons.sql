-- SPDX-License-Identifier: Apache-2.0
-- The best neurons of one FFN node of a graph, the largest share first, with what each promotes and suppresses when its activation is positive.
-- :prompt <count> = 0      prompt_id
-- :target <count> = NULL   target position of the graph, NULL for the last
-- :layer <count> = 0       layer of the node
-- :position <count> = 0    its position
WITH found AS (
  SELECT * FROM graph
  WHERE graph_id = coalesce(:prompt << 20 | :target, (SELECT max(graph_id) FROM graph_info WHERE $is_graph_of(graph_id, :prompt)))
    AND $is_graph_of(graph_id, :prompt)
), best AS MATERIALIZED (
  SELECT n.neuron, CAST(round(n.importance * 1e6) AS INTEGER) AS share, n.activation
  FROM found g, hw_neurons(g.neurons, 1) n WHERE n.layer = :layer AND n.position = :position
)
SELECT json_object(
  'neurons', (SELECT json_group_array(json_array(neuron, share, hw_json_number(activation),
      json((SELECT json_group_array(json_array(token_id, hw_json_number(score / 1e4)))
        FROM (SELECT token_id, score FROM neuron_token t WHERE t.layer = :layer AND t.neuron = b.neuron AND t.sign = 1 ORDER BY rank))),
      json((SELECT json_group_array(json_array(token_id, hw_json_number(score / 1e4)))
        FROM (SELECT token_id, score FROM neuron_token t WHERE t.layer = :layer AND t.neuron = b.neuron AND t.sign = -1 ORDER BY rank)))))
    FROM (SELECT * FROM best ORDER BY share DESC, neuron) b),
  'tokens', (SELECT json_group_object(token_id, text)
    FROM (SELECT DISTINCT token_id FROM best CROSS JOIN neuron_token t ON t.layer = :layer AND t.neuron = best.neuron) JOIN token USING(token_id)))
FROM found
