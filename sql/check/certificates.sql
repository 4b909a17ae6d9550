-- SPDX-License-Identifier: Apache-2.0
-- Rows of a certificate that stand for no prompt, or for another position than its last one (whose graph need not be stored: run --targets), and
-- what other rows contradict: pairs against single knock-outs, margins and sums against relevances (the same float32 arithmetic, by other products;
-- a sum may be off by 1e-4 of the margins that it divides; it is compared where the prompts with a relevance are those with a certificate), ranks against sums, counts against settings, knock-outs and curves against certificates.
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
UNION ALL
SELECT 'certificate ' || certificate_id || ', graph ' || graph_id || ': parts of the graph', n_attention || ' attention, ' || n_ffn || ' FFN', 'none below 0'
FROM certificate WHERE n_attention < 0 OR n_ffn < 0
UNION ALL
SELECT 'certificate ' || certificate_id || ', graph ' || graph_id || ': kept_closer and removed_farther',
  coalesce(kept_closer, 'NULL') || ' and ' || coalesce(removed_farther, 'NULL'), iif(n_random = 0, 'NULL: no random graphs', 'counts of ' || n_random || ' random graphs')
FROM certificate JOIN certificate_run USING(certificate_id)
WHERE m IS NOT NULL AND iif(n_random = 0, coalesce(kept_closer, removed_farther) IS NOT NULL,
  coalesce(kept_closer NOT BETWEEN 0 AND n_random OR removed_farther NOT BETWEEN 0 AND n_random, 1))
UNION ALL
SELECT 'certificate ' || certificate_id || ', graph ' || graph_id || ': ' || name, found, 'as in relevance: ' || wanted
FROM (
  SELECT c.certificate_id, c.graph_id, 'm' AS name, c.m AS found, a.m AS wanted FROM certificate c JOIN relevance a USING(graph_id)
  UNION SELECT c.certificate_id, c.graph_id, 'm_reference', c.m_reference, a.m_reference FROM certificate c JOIN relevance a USING(graph_id)
)
WHERE abs(found - wanted) > 1e-3 * (1 + abs(wanted))
UNION ALL
SELECT 'certificate_run ' || certificate_id || ': complete', complete, n_missing || ' of the prompts without a row in certificate'
FROM (
  SELECT certificate_id, complete, (SELECT count(*) FROM prompt WHERE counterfactual_of IS NULL) - (SELECT count(*) FROM certificate c WHERE c.certificate_id = u.certificate_id) AS n_missing
  FROM certificate_run u WHERE complete = 1 AND n_prompts = (SELECT count(*) FROM prompt)
) WHERE n_missing > 0
UNION ALL
SELECT 'certificate_component ' || k.certificate_id || ', ' || k.kind || ' ' || k.number || ' of layer ' || k.layer || ': sum', k.sum, 'as in relevance: ' || (a.sum * 100)
FROM certificate_run u JOIN certificate_component k USING(certificate_id)
  JOIN agg_relevance a ON (a.group_id, a.mode, a.kind, a.layer, a.idx) = (-1, u.graph, k.kind, k.layer, k.number)
  JOIN agg_relevance w ON (w.group_id, w.mode, w.kind, w.layer, w.idx) = (-1, u.graph, 'margin', 0, 0)
WHERE u.complete = 1 AND u.n_prompts = (SELECT count(*) FROM prompt)
  AND u.certificate_id NOT IN (SELECT c.certificate_id FROM certificate_run x JOIN certificate c USING(certificate_id) JOIN relevance r ON (r.graph_id, r.mode) = (c.graph_id, x.graph)
    WHERE c.m IS NULL AND r.parts IS NOT NULL)
  AND abs(k.sum * 1e-6 - a.sum * 1e-4) > 1e-4 * (w.n + sqrt(w.n * ($wide_sum(w.ssq_hi, w.ssq_lo))) * 1e-4)
UNION ALL
SELECT 'certificate_component ' || certificate_id || ', ' || kind || ' ' || number || ' of layer ' || layer || ': rank', rank, place
FROM (
  SELECT *, row_number() OVER (PARTITION BY certificate_id ORDER BY abs(CAST(sum AS REAL)) DESC, layer, kind = 'ffn', number) AS place FROM certificate_component
) WHERE rank <> place
UNION ALL
SELECT name || ' ' || certificate_id || ', graph ' || graph_id, n || ' rows', 'none: no certificate of the graph has numbers'
FROM (
  SELECT 'knockout' AS name, certificate_id, graph_id, count(*) AS n FROM knockout GROUP BY certificate_id, graph_id
  UNION ALL SELECT 'knockout_pair', certificate_id, graph_id, count(*) FROM knockout_pair GROUP BY certificate_id, graph_id
  UNION ALL SELECT 'certificate_curve', certificate_id, graph_id, count(*) FROM certificate_curve GROUP BY certificate_id, graph_id
) r LEFT JOIN certificate c USING(certificate_id, graph_id) WHERE c.m IS NULL
