-- SPDX-License-Identifier: Apache-2.0
-- One stored graph: its prompt, its prediction, and its parts above the floor in hw_part_compare order. Of more than 50,000 parts those
-- in the graph at the threshold of the run: `floor` is then that threshold, and stored_floor and stored_parts tell what there is.
-- :prompt <count> = 0      prompt_id
-- :target <count> = NULL   target position, NULL for the last
WITH found AS (
  SELECT * FROM graph
  WHERE graph_id = coalesce(:prompt << 20 | :target, (SELECT max(graph_id) FROM graph_info WHERE $is_graph_of(graph_id, :prompt)))
    AND $is_graph_of(graph_id, :prompt)
), facts AS (
  SELECT g.*, p.text, p.group_id, p.counterfactual_of, p.tokens, p.roles, i.predicted_id, i.predicted_logit, i.predicted_probability,
    i.n_parts, i.n_parts > 50000 AS cut, g.target_pos = p.n_tokens - 1 AS at_end, r.n_layers, r.parallel_block, r.threshold, r.floor
  FROM found g JOIN graph_info i USING(graph_id) JOIN prompt p ON p.prompt_id = g.prompt_id, run r
)
SELECT json_object(
  'prompt', prompt_id, 'target', target_pos,
  'targets', (SELECT json_group_array(target_pos) FROM (SELECT target_pos FROM graph_info WHERE $is_graph_of(graph_id, :prompt) ORDER BY graph_id)),
  'text', text, 'group', group_id, 'group_name', (SELECT name FROM prompt_group g WHERE g.group_id = f.group_id),
  'counterfactual_of', counterfactual_of,
  'counterfactual', (SELECT min(prompt_id) FROM prompt c WHERE c.counterfactual_of = f.prompt_id),
  'layers', n_layers, 'parallel', json(iif(parallel_block, 'true', 'false')),
  'threshold', hw_json_number(threshold), 'floor', hw_json_number(iif(cut, threshold, floor)),
  'stored_floor', hw_json_number(floor), 'stored_parts', n_parts,
  'tokens', (SELECT json_group_array(coalesce(t.text, '#' || h.token_id)) FROM hw_tokens(f.tokens) h LEFT JOIN token t USING(token_id)),
  'ids', (SELECT json_group_array(token_id) FROM hw_tokens(f.tokens)),
  'roles', (SELECT json_group_array(r.name) FROM hw_tokens(f.tokens) h LEFT JOIN role r ON r.role_id = hw_role_at(f.roles, h.position)),
  'values', (SELECT json_group_object(key, value) FROM (SELECT key, value FROM prompt_value v WHERE v.prompt_id = f.prompt_id ORDER BY key)),
  'prediction', (SELECT json_object('id', predicted_id, 'token', (SELECT text FROM token WHERE token_id = predicted_id),
    'logit', hw_json_number(predicted_logit), 'probability', hw_json_number(predicted_probability),
    'top', (SELECT json_group_array(json_array(p.token_id, t.text, hw_json_number(p.score)))
      FROM hw_projections(f.projections, NULL, 1) p LEFT JOIN token t USING(token_id)
      WHERE p.kind = 'resid_post' AND p.convention = 'alone' AND p.layer = f.n_layers - 1 AND p.position = f.target_pos AND p.list = 'promotes'))),
  'answer', (SELECT json_object('id', answer_id, 'answer', (SELECT text FROM token WHERE token_id = answer_id), 'tokens', answer_n_tokens,
    'rank', answer_rank, 'logit', hw_json_number(answer_logit), 'probability', hw_json_number(answer_probability),
    'foil_id', foil_id, 'foil', (SELECT text FROM token WHERE token_id = foil_id), 'foil_tokens', foil_n_tokens,
    'foil_rank', foil_rank, 'foil_logit', hw_json_number(foil_logit), 'foil_probability', hw_json_number(foil_probability),
    'logit_diff', hw_json_number(logit_diff))
    FROM answer a WHERE a.prompt_id = f.prompt_id AND f.at_end),
  'lens', (SELECT json_group_array(json_array(l.layer, l.rank, hw_json_number(l.probability), l.foil_rank, hw_json_number(l.foil_probability)))
    FROM answer_lens a, hw_lens(a.lens) l WHERE a.prompt_id = f.prompt_id AND f.at_end),
  'relevance', (SELECT json_group_array(mode) FROM (SELECT mode FROM relevance v WHERE v.graph_id = f.graph_id ORDER BY mode)),
  'parts', CASE WHEN cut THEN hw_json_parts(edges, threshold) ELSE hw_json_parts(edges) END)
FROM facts f
