-- SPDX-License-Identifier: Apache-2.0
-- What the answer of one prompt depends on: the parts of its graph, largest first.
-- needs relevance: headwater run --relevance answer, contrast or both
-- :prompt <prompt>                    prompt_id
-- :mode <mode> = NULL                 relevance by itself, or against the counterfactual; NULL: contrast where it is there
-- :threshold <number> = NULL          share above which parts are listed, any from the floor of the run upwards; NULL for the run's own
-- :kinds <parts|components|tokens> = parts  edges, queries and neurons; sums of heads and FFNs; tokens
SELECT r.kind, r.layer, r.head, r.neuron, r.source, s.text AS source_token, r.target, t.text AS target_token, r.r, r.share, r.value, r.key, r.query
FROM relevance a JOIN prompt p ON p.prompt_id = :prompt, hw_relevance(a.parts, :threshold) r
LEFT JOIN token s ON s.token_id = hw_token_at(p.tokens, r.source)
LEFT JOIN token t ON t.token_id = hw_token_at(p.tokens, r.target)
WHERE $is_graph_of(a.graph_id, :prompt) AND a.mode = coalesce(:mode, (SELECT max(mode) FROM relevance))
  AND CASE hw_choice(:kinds, 'parts', 'components', 'tokens') WHEN 0 THEN r.kind IN ('ffn', 'attention', 'query', 'neuron')
    WHEN 1 THEN r.kind IN ('head', 'ffn_total') ELSE r.kind IN ('token', 'bias') END
ORDER BY abs(r.r) DESC, r.rowid
