-- SPDX-License-Identifier: Apache-2.0
-- For a saved page: the neurons of every FFN node of a graph, best first, and once for each neuron what it promotes and suppresses when its
-- activation is positive.
-- :prompt <count> = 0      prompt_id
-- :target <count> = NULL   target position of the graph, NULL for the last
WITH found AS (
  SELECT * FROM graph
  WHERE graph_id = coalesce(:prompt << 20 | :target, (SELECT max(graph_id) FROM graph_info WHERE $is_graph_of(graph_id, :prompt)))
    AND $is_graph_of(graph_id, :prompt)
), best AS MATERIALIZED (
  SELECT n.layer, n.position, n.neuron, CAST(round(n.importance * 1e6) AS INTEGER) AS share, n.activation
  FROM found g, hw_neurons(g.neurons, 1) n
), listed AS MATERIALIZED (
  SELECT b.layer, b.neuron, t.sign, t.rank, t.token_id, t.score
  FROM (SELECT DISTINCT layer, neuron FROM best) b CROSS JOIN neuron_token t ON t.layer = b.layer AND t.neuron = b.neuron
)
SELECT json_object(
  'nodes', (SELECT json_group_object(layer || '.' || position, json(neurons)) FROM (
    SELECT layer, position, json_group_array(json_array(neuron, share, hw_json_number(activation))) AS neurons
    FROM (SELECT * FROM best ORDER BY layer, position, share DESC, neuron) GROUP BY layer, position)),
  'lists', (SELECT json_group_object(layer || '.' || neuron, json_array(json(promotes), json(suppresses))) FROM (
    SELECT layer, neuron,
      json_group_array(json_array(token_id, hw_json_number(score / 1e4))) FILTER (WHERE sign = 1) AS promotes,
      json_group_array(json_array(token_id, hw_json_number(score / 1e4))) FILTER (WHERE sign = -1) AS suppresses
    FROM (SELECT * FROM listed ORDER BY layer, neuron, rank) GROUP BY layer, neuron)),
  'tokens', (SELECT json_group_object(token_id, text) FROM (SELECT DISTINCT token_id FROM listed) JOIN token USING(token_id)))
FROM found
