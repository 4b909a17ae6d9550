-- SPDX-License-Identifier: Apache-2.0
-- What two heads or FFNs do together beyond what each does alone, by knock-outs.
-- interaction: effect of both less both effects, a mean over prompts.
-- Below 0: one does the work of the other when it is gone, or both are links of one chain. not_additive: prompts where its size is above the tolerance.
-- needs knockout_pair: headwater certify DB --model DIR --pairs K
-- :certificate <certificate> = NULL  certificate_id, NULL for all
-- :tolerance <number> = 0.05         of |m - none|
-- :limit <count> = 20                rows, the largest first, 0 for all
SELECT k.certificate_id, CASE kind_a WHEN 'head' THEN 'L' || layer_a || 'H' || number_a ELSE 'FFN' || layer_a END AS a,
  CASE kind_b WHEN 'head' THEN 'L' || layer_b || 'H' || number_b ELSE 'FFN' || layer_b END AS b, count(*) AS n, avg(k.effect) AS effect, avg(interaction) AS interaction,
  sum(interaction) / nullif(sum(c.m - c.none), 0) AS share, avg(abs(interaction) > :tolerance * abs(c.m - c.none)) AS not_additive
FROM knockout_pair k JOIN certificate c USING(certificate_id, graph_id) WHERE :certificate IS NULL OR k.certificate_id = :certificate
GROUP BY k.certificate_id, kind_a, layer_a, number_a, kind_b, layer_b, number_b
ORDER BY k.certificate_id, abs(avg(interaction)) DESC, layer_a, number_a, layer_b, number_b LIMIT $limit_or_all
