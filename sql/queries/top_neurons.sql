-- SPDX-License-Identifier: Apache-2.0
-- The neurons that matter most over the data set, with example prompts.
-- :by <importance|flow|frequency> = importance  mean importance, mean flow, or the share of graphs where active
-- :limit <count> = 20                    rows, 0 for all
-- position, token, activation: in the example prompt, where the neuron's share is largest. promotes: what it promotes there; with a negative
-- activation these are the tokens that its output row suppresses.
WITH best AS (
  SELECT layer, neuron, ex FROM agg_neuron WHERE group_id = -1
  ORDER BY CASE hw_choice(:by, 'importance', 'flow', 'frequency') WHEN 0 THEN sum WHEN 1 THEN flow_sum ELSE n_on END DESC, layer, neuron LIMIT $limit_or_all
)
SELECT v.name AS neuron, v.mean, v.ci_lo, v.ci_hi, v.frequency, v.flow_mean, v.max,
  (SELECT group_concat(json_quote(text), ' ') FROM (
    SELECT t.text FROM neuron_token k JOIN token t USING(token_id)
    WHERE k.layer = v.layer AND k.neuron = v.neuron AND k.sign = iif(n.activation < 0, -1, 1) ORDER BY k.rank LIMIT 3)) AS promotes,
  v.example_prompt, n.position, t.text AS token, n.activation, p.text
FROM best k JOIN neuron_importance v ON v.layer = k.layer AND v.neuron = k.neuron
JOIN graph g ON g.graph_id = k.ex JOIN prompt p ON p.prompt_id = $prompt_of(k.ex)
LEFT JOIN (SELECT b.layer, b.neuron, n.position, n.activation,
    row_number() OVER (PARTITION BY b.layer, b.neuron ORDER BY n.importance DESC, n.position) AS place
  FROM best b JOIN graph h ON h.graph_id = b.ex JOIN hw_neurons(h.neurons) n ON n.layer = b.layer AND n.neuron = b.neuron) n
  ON n.layer = k.layer AND n.neuron = k.neuron AND n.place = 1
LEFT JOIN token t ON t.token_id = hw_token_at(p.tokens, n.position)
ORDER BY CASE hw_choice(:by, 'importance', 'flow', 'frequency') WHEN 0 THEN v.mean WHEN 1 THEN v.flow_mean ELSE v.frequency END DESC, v.layer, v.neuron
