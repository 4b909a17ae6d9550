-- SPDX-License-Identifier: Apache-2.0
-- What a neuron promotes and suppresses in the vocabulary when its activation is positive.
-- Neurons that are in no list of best neurons have no rows where the run had --neuron-projections used.
-- needs neuron_token: headwater run --neuron-projections used or all, after the last prompt
-- :layer <layer>    layer of the neuron
-- :neuron <neuron>  its index
SELECT CASE sign WHEN 1 THEN 'promotes' ELSE 'suppresses' END AS list, rank, token_id, text AS token, score / 1e4 AS score
FROM neuron_token LEFT JOIN token USING(token_id)
WHERE layer = :layer AND neuron = :neuron ORDER BY sign DESC, rank
