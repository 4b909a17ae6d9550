-- SPDX-License-Identifier: Apache-2.0
-- Rows of a certificate that stand for no prompt, or for another position than its last one (whose graph need not be stored: run --targets), and
-- pairs against single knock-outs.
SELECT 'certificate ' || c.certificate_id || ', graph ' || c.graph_id, 'there', 'the last position of a prompt of the data set'
FROM certificate c LEFT JOIN prompt p ON p.prompt_id = $prompt_of(c.graph_id) AND p.n_tokens - 1 = $target_of(c.graph_id) AND p.counterfactual_of IS NULL
WHERE p.prompt_id IS NULL
UNION ALL
SELECT 'certificate ' || c.certificate_id || ', graph ' || c.graph_id || ': its settings', 'none', 'a row of certificate_run'
FROM certificate c LEFT JOIN certificate_run r USING(certificate_id) WHERE r.certificate_id IS NULL
UNION ALL
SELECT 'certificate ' || certificate_id || ', graph ' || graph_id || ': reason and numbers', 'both or neither', 'one of them'
FROM certificate WHERE (reason IS NULL) <> (m IS NOT NULL)
UNION ALL
SELECT 'certificate_run ' || certificate_id || ': n_prompts', n_prompts, 'at most ' || n_found
FROM certificate_run, (SELECT count(*) AS n_found FROM prompt) WHERE n_prompts > n_found
UNION ALL
SELECT 'knockout_pair ' || p.certificate_id || ', graph ' || p.graph_id || ', layers ' || p.layer_a || ' and ' || p.layer_b || ': interaction', p.interaction,
  p.effect - a.effect - b.effect
FROM knockout_pair p
  JOIN knockout a ON (a.certificate_id, a.graph_id, a.kind, a.layer, a.number) = (p.certificate_id, p.graph_id, p.kind_a, p.layer_a, p.number_a)
  JOIN knockout b ON (b.certificate_id, b.graph_id, b.kind, b.layer, b.number) = (p.certificate_id, p.graph_id, p.kind_b, p.layer_b, p.number_b)
WHERE abs(p.interaction - (p.effect - a.effect - b.effect)) > 1e-6 * (1 + abs(p.effect) + abs(a.effect) + abs(b.effect))
