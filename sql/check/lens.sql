-- SPDX-License-Identifier: Apache-2.0
-- The lens of the last layer is the answer itself, to the digits that are kept.
SELECT 'answer_lens ' || a.prompt_id || ', last layer: rank and foil_rank', l.rank || coalesce(', ' || l.foil_rank, ''),
  a.answer_rank || iif(l.foil_rank IS NULL, '', ', ' || a.foil_rank)
FROM run, answer_lens k, hw_lens(k.lens) l JOIN answer a ON a.prompt_id = k.prompt_id
WHERE l.layer = n_layers - 1 AND (l.rank <> a.answer_rank OR l.foil_rank <> a.foil_rank)
UNION ALL
SELECT 'answer_lens ' || a.prompt_id || ', last layer: logit and probability', l.logit || ', ' || l.probability, a.answer_logit || ', ' || a.answer_probability
FROM run, answer_lens k, hw_lens(k.lens) l JOIN answer a ON a.prompt_id = k.prompt_id
WHERE l.layer = n_layers - 1 AND (abs(l.logit - a.answer_logit) > 1e-4 OR abs(l.probability - a.answer_probability) > 1e-6)
UNION ALL
SELECT 'answer_lens ' || a.prompt_id || ', last layer: foil_logit and foil_probability', l.foil_logit || ', ' || l.foil_probability, a.foil_logit || ', ' || a.foil_probability
FROM run, answer_lens k, hw_lens(k.lens) l JOIN answer a ON a.prompt_id = k.prompt_id
WHERE l.layer = n_layers - 1 AND (abs(l.foil_logit - a.foil_logit) > 1e-4 OR abs(l.foil_probability - a.foil_probability) > 1e-6)
UNION ALL
SELECT 'answer ' || a.prompt_id || ': its lens', 'none', 'one' FROM answer a LEFT JOIN answer_lens k USING(prompt_id) WHERE a.answer_id IS NOT NULL AND k.prompt_id IS NULL
