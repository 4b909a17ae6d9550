-- SPDX-License-Identifier: Apache-2.0
-- Neurons whose output points to a token, with how much they matter over the data set.
-- mean, frequency and example_prompt are of all prompts: where its activation is negative a neuron does the opposite.
-- needs neuron_token: headwater run --neuron-projections used or all, after the last prompt
-- :token <token>                         text of the token; a space before it is tried as well
-- :list <promotes|suppresses> = promotes  what the list holds (for a positive activation)
-- :limit <count> = 20                    rows, 0 for all
SELECT 'L' || k.layer || 'N' || k.neuron AS neuron, t.text AS token, k.rank, k.score / 1e4 AS score, coalesce(a.sum, 0) * 1.0 / s.n / 1e6 AS mean,
  coalesce(a.n_on, 0) * 1.0 / s.n AS frequency, $prompt_of(a.ex) AS example_prompt
FROM (SELECT token_id, text FROM token WHERE text IN (:token, ' ' || :token)) t
CROSS JOIN neuron_token k ON k.token_id = t.token_id AND k.sign = iif(hw_choice(:list, 'promotes', 'suppresses'), -1, 1)
CROSS JOIN agg_group s ON s.group_id = -1
LEFT JOIN agg_neuron a ON a.group_id = -1 AND a.layer = k.layer AND a.neuron = k.neuron
ORDER BY k.rank, k.score * k.sign DESC, k.layer, k.neuron, t.token_id LIMIT $limit_or_all
