-- SPDX-License-Identifier: Apache-2.0
-- Lists of a neuron: ranks from 1 on, scores in order, tokens that are there, both signs equally long.
WITH listed AS (
  SELECT *, lag(rank, 1, 0) OVER list AS rank_before, lag(score) OVER list AS score_before FROM neuron_token
  WINDOW list AS (PARTITION BY layer, neuron, sign ORDER BY rank)
)
SELECT 'neuron_token L' || layer || 'N' || neuron || ', sign ' || sign || ': rank', rank, rank_before + 1 FROM listed WHERE rank <> rank_before + 1
UNION ALL
SELECT 'neuron_token L' || layer || 'N' || neuron || ', sign ' || sign || ', rank ' || rank || ': score', score, 'in order, behind ' || score_before
FROM listed WHERE (score - score_before) * sign > 0
UNION ALL
SELECT 'neuron_token L' || layer || 'N' || neuron || ', sign ' || n.sign || ', rank ' || rank || ': token_id', n.token_id, 'one of the table token'
FROM neuron_token n LEFT JOIN token t USING(token_id) WHERE t.token_id IS NULL
UNION ALL
SELECT 'neuron_token L' || layer || 'N' || neuron || ': rows that promote and suppress', sum(sign), 0 FROM neuron_token GROUP BY layer, neuron HAVING sum(sign) <> 0
UNION ALL
SELECT DISTINCT 'neuron_token L' || layer || 'N' || neuron, 'there', 'a model of ' || n_layers || ' layers of ' || d_ffn || ' neurons'
FROM neuron_token, run WHERE layer NOT BETWEEN 0 AND n_layers - 1 OR neuron NOT BETWEEN 0 AND d_ffn - 1
