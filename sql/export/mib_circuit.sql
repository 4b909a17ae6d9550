-- SPDX-License-Identifier: Apache-2.0
-- The sums of a certificate as a circuit of nodes, as the evaluation of MIB (the mechanistic interpretability benchmark) reads
-- it at its level "node": names and scores of heads and FFNs. The input has no score, so it is always kept and not counted.
WITH component AS (
  SELECT layer, kind, number, sum FROM certificate_component WHERE certificate_id = $ranked_certificate
)
SELECT json_object('cfg', json_object('n_layers', n_layers, 'n_heads', n_heads, 'parallel_attn_mlp', json(iif(parallel_block, 'true', 'false')), 'd_model', d_model),
  'nodes', (SELECT json_group_object(name, json(node)) FROM (
    SELECT 'input' AS name, json_object('in_graph', json('true')) AS node
    UNION ALL SELECT * FROM (SELECT iif(kind = 'head', 'a' || layer || '.h' || number, 'm' || layer), json_object('in_graph', json('true'), 'score', sum / 1e6)
      FROM component ORDER BY layer, kind = 'ffn', number)
    UNION ALL SELECT 'logits', json_object('in_graph', json('true')))),
  'edges', json('{}')) || char(10)
FROM run
