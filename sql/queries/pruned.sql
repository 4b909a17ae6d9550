-- SPDX-License-Identifier: Apache-2.0
-- What was left out, and by which limit.
SELECT what, n, of, note FROM (
  SELECT 0 AS place, 'prompts' AS what, (SELECT count(*) FROM failed) AS n, (SELECT sum(n_prompts) FROM chunk) AS of,
    'failed: headwater query DB failed' AS note UNION ALL
  SELECT 1, 'prompts', n_prompts - (SELECT coalesce(sum(n_prompts), 0) FROM chunk), n_prompts, 'not traced yet: the run is not finished' FROM run UNION ALL
  SELECT 2, 'parts', sum(n_parts) - sum(n_edges), sum(n_parts), 'stored, above the floor, but not above the threshold; of counterfactuals too' FROM graph_info UNION ALL
  SELECT 3, 'heads', (SELECT count(*) FROM model_head) - count(*), (SELECT count(*) FROM model_head), 'never active in any graph'
    FROM agg_head WHERE group_id = -1 AND n_on > 0 UNION ALL
  SELECT 4, 'neurons', (SELECT n_layers * d_ffn FROM run) - count(*), (SELECT n_layers * d_ffn FROM run),
    'never in a list of best neurons; lists hold ' || coalesce((SELECT value FROM setting WHERE name = 'top-neurons'), '?') || ' a node'
    FROM agg_neuron WHERE group_id = -1 UNION ALL
  SELECT 5, 'neurons', count(*) FILTER (WHERE NOT EXISTS (SELECT 1 FROM neuron_token t WHERE t.layer = a.layer AND t.neuron = a.neuron)), count(*),
    'in lists, but without a projection' FROM agg_neuron a WHERE group_id = -1)
ORDER BY place
