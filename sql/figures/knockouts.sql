-- SPDX-License-Identifier: Apache-2.0
-- Means over prompts of the certificate that has the most knock-outs, and relevances to compare: of contrast with the counterfactual in a component's
-- place, else of answer. within: Pearson's correlation over the components of a prompt, mean over prompts; means: over the means.
-- :certificate <certificate> = NULL  certificate_id, NULL for the default
WITH chosen AS (
  $chosen_knockouts
), pair AS (
  SELECT k.graph_id, k.kind, k.layer, k.number, r.r, k.effect, r.r - avg(r.r) OVER w AS dr, k.effect - avg(k.effect) OVER w AS de
  FROM chosen c JOIN relevance a ON a.mode = c.mode AND a.parts IS NOT NULL JOIN hw_relevance(a.parts) r ON r.kind IN ('head', 'ffn_total')
    JOIN knockout k ON k.certificate_id = c.certificate_id AND k.graph_id = a.graph_id AND k.kind = iif(r.kind = 'head', 'head', 'ffn') AND k.layer = r.layer
      AND k.number = coalesce(r.head, 0)
  WINDOW w AS (PARTITION BY k.graph_id)
), within AS (
  SELECT avg(correlation) AS within, count(correlation) AS n_prompts FROM (SELECT sum(dr * de) / nullif(sqrt(sum(dr * dr) * sum(de * de)), 0) AS correlation FROM pair GROUP BY graph_id)
), point AS (
  SELECT kind, layer, number, count(*) AS n, avg(r) AS relevance, avg(effect) AS effect FROM pair GROUP BY kind, layer, number
), means AS (
  SELECT sum(dr * de) / nullif(sqrt(sum(dr * dr) * sum(de * de)), 0) AS means
  FROM (SELECT relevance - avg(relevance) OVER () AS dr, effect - avg(effect) OVER () AS de FROM point)
)
SELECT iif(kind = 'head', 'L' || layer || 'H' || number, 'FFN' || layer) AS name, kind, n, relevance, effect, row_number() OVER (ORDER BY abs(effect) DESC, layer, kind, number) AS place,
  means, within, mode || ' relevance; in its place ' || u.baseline AS title,
  'certificate ' || u.certificate_id || ': ' || graph || ' at ' || threshold || '; ' || $n_certified || ' prompts' AS certificate,
  coalesce('r ' || round(means, 3) || ' over the means', 'no r over the means') || coalesce('; ' || round(within, 3) || ' within a prompt (mean of ' || within.n_prompts || ')', '') AS correlation
FROM point, within, means, chosen JOIN certificate_run u USING(certificate_id) ORDER BY place
