-- SPDX-License-Identifier: Apache-2.0
-- What is needed to trace a stored prompt again.
-- :prompt <count> = 0      prompt_id
SELECT json_object('model', r.model_name, 'model_fingerprint', r.model_fingerprint, 'threshold', hw_json_number(r.threshold), 'floor', hw_json_number(r.floor),
  'precision', coalesce((SELECT value FROM setting WHERE name = 'precision'), 'f32'),
  'text', p.text, 'ids', (SELECT json_group_array(token_id) FROM hw_tokens(p.tokens)))
FROM prompt p, run r WHERE p.prompt_id = :prompt
