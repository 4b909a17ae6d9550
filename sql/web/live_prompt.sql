-- SPDX-License-Identifier: Apache-2.0
-- What is needed to trace a stored prompt again, and to ask what its answer depends on.
-- :prompt <count> = 0      prompt_id
SELECT json_object('model', r.model_name, 'model_fingerprint', r.model_fingerprint, 'threshold', hw_json_number(r.threshold), 'floor', hw_json_number(r.floor),
  'precision', coalesce((SELECT value FROM setting WHERE name = 'precision'), 'f32'),
  'relevance_threshold', hw_json_number(s.threshold), 'relevance_floor', hw_json_number(s.floor),
  'answer_id', a.answer_id, 'foil_id', a.foil_id,
  'foil_lost', a.foil_id IS NULL AND EXISTS(SELECT 1 FROM prompt_value WHERE prompt_id = p.prompt_id AND key = 'foil.loss'),
  'counterfactual_ids', (SELECT json_group_array(h.token_id) FROM (SELECT tokens FROM prompt c WHERE c.counterfactual_of = p.prompt_id ORDER BY prompt_id LIMIT 1) c, hw_tokens(c.tokens) h),
  'text', p.text, 'ids', (SELECT json_group_array(token_id) FROM hw_tokens(p.tokens)))
FROM prompt p LEFT JOIN answer a USING(prompt_id), run r, ($relevance_thresholds) s
WHERE p.prompt_id = :prompt
