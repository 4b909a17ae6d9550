-- SPDX-License-Identifier: Apache-2.0
-- Where a neuron is: prompts, positions and activations, the most important ones first. Looked for in :sample prompts of the data set, evenly
-- chosen; looked: their graphs, found: those that have it.
-- :layer <layer>         its layer
-- :neuron <neuron>       its number, or its name
-- :sample <count> = 500  prompts
-- :limit <count> = 20    rows
WITH step AS (
  SELECT $sample_step(:sample) AS every, $own_graphs_end AS past
), looked AS MATERIALIZED (
  SELECT i.graph_id FROM step CROSS JOIN graph_info i WHERE i.graph_id < step.past AND $is_sampled($prompt_of(i.graph_id), step.every)
), found AS MATERIALIZED (
  SELECT g.graph_id, n.position, n.importance, n.activation FROM looked JOIN graph g USING(graph_id) JOIN hw_neurons(g.neurons) n
  WHERE n.layer = :layer AND n.neuron = :neuron
)
SELECT json_object('looked', (SELECT count(*) FROM looked), 'found', (SELECT count(DISTINCT graph_id) FROM found),
  'of', (SELECT n FROM agg_group WHERE group_id = -1),
  'columns', json_array('prompt_id', 'target_pos', 'position', 'token', 'importance', 'activation', 'text'),
  'rows', (SELECT json_group_array(json_array(p.prompt_id, nullif($target_of(f.graph_id), p.n_tokens - 1), f.position, t.text, hw_json_number(f.importance),
      hw_json_number(f.activation), p.text))
    FROM (SELECT row_number() OVER (ORDER BY importance DESC, graph_id, position) AS place, * FROM found ORDER BY place LIMIT :limit) f
    JOIN prompt p ON p.prompt_id = $prompt_of(f.graph_id) LEFT JOIN token t ON t.token_id = hw_token_at(p.tokens, f.position) ORDER BY f.place))
