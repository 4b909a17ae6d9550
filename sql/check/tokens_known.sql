-- SPDX-License-Identifier: Apache-2.0
-- Tokens of prompts and answers that the table token has not. A model can predict an id that no token has, where its vocabulary is padded.
SELECT 'prompt ' || p.prompt_id || ', position ' || t.position || ': token', t.token_id, 'one of the table token'
FROM prompt p, hw_tokens(p.tokens) t LEFT JOIN token k ON k.token_id = t.token_id WHERE k.token_id IS NULL
UNION ALL
SELECT 'graph_info ' || graph_id || ': predicted_id', predicted_id, 'below the vocabulary''s ' || vocab_size FROM graph_info, run WHERE predicted_id < 0 OR predicted_id >= vocab_size
UNION ALL
SELECT 'answer ' || prompt_id || ': answer_id', answer_id, 'one of the table token'
FROM answer LEFT JOIN token ON token_id = answer_id WHERE answer_id IS NOT NULL AND token_id IS NULL
UNION ALL
SELECT 'answer ' || prompt_id || ': foil_id', foil_id, 'one of the table token'
FROM answer LEFT JOIN token ON token_id = foil_id WHERE foil_id IS NOT NULL AND token_id IS NULL
UNION ALL
SELECT 'token ' || token_id || ': token_id', token_id, 'below the vocabulary''s ' || vocab_size FROM token, run WHERE token_id >= vocab_size
