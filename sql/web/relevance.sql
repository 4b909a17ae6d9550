-- SPDX-License-Identifier: Apache-2.0
-- What the answer of one stored prompt depends on: its margins, its parts above the floor in the order of hw_relevance, and the
-- sums of heads, FFNs and tokens; or the reason why there are no numbers.
-- :prompt <count> = 0                   prompt_id
-- :target <count> = NULL               target position: no row where relevances are of another; NULL for theirs
-- :mode <answer|contrast> = contrast   relevance by itself, or against the counterfactual
WITH set_to AS ($relevance_thresholds)
SELECT json_object('prompt', a.prompt_id, 'mode', a.mode, 'm', hw_json_number(a.m), 'm_reference', hw_json_number(a.m_reference), 'reason', a.reason,
  'threshold', hw_json_number(set_to.threshold), 'floor', hw_json_number(set_to.floor),
  'columns', json_array('kind', 'layer', 'head', 'neuron', 'source', 'target', 'r', 'share', 'value', 'key', 'query'),
  'rows', (SELECT json_group_array(json_array(r.kind, r.layer, r.head, r.neuron, r.source, r.target,
    hw_json_number(r.r), hw_json_number(r.share), hw_json_number(r.value), hw_json_number(r.key), hw_json_number(r.query)))
    FROM hw_relevance(a.parts, set_to.floor) r))
FROM relevance a, set_to
WHERE $is_graph_of(a.graph_id, :prompt) AND a.mode = :mode AND coalesce(a.graph_id = ($graph_id(:prompt, :target)), 1)
