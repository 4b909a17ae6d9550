-- SPDX-License-Identifier: Apache-2.0
-- What each head and FFN does to the answer's margin, by knock-outs.
-- effect: m less the margin without it, a mean over prompts; helps: the share of prompts where it is above 0.
-- share: of m - none, a ratio of sums with its 95% interval. Effects of single knock-outs overlap: they do not add up.
-- needs certificate_run: headwater certify DB --model DIR --knockout K
-- :certificate <certificate> = NULL  certificate_id, NULL for all
-- :by <all|group> = all              all prompts together, or each group
-- :cluster <text> = NULL             column whose values are the units of intervals, like template; NULL: prompts
-- :limit <count> = 20                rows of each group, 0 for all
WITH $certified, clustered AS (
  SELECT certificate_id, group_id, group_name, kind, layer, number, count(*) AS n, sum(effect) AS e, sum(effect > 0) AS helps, sum(d) AS d
  FROM certified JOIN knockout USING(certificate_id, graph_id) GROUP BY certificate_id, group_id, group_name, kind, layer, number, cluster
), sums AS (
  SELECT certificate_id, group_id, group_name, kind, layer, number, sum(n) AS n, count(*) AS n_clusters, sum(e) / sum(n) AS effect, sum(helps) * 1.0 / sum(n) AS helps, sum(d) AS d,
    sum(d * d) AS d_d, $ratio_sums(e)
  FROM clustered GROUP BY certificate_id, group_id, group_name, kind, layer, number
)
SELECT certificate_id, group_name, CASE kind WHEN 'head' THEN 'L' || layer || 'H' || number ELSE 'FFN' || layer END AS component, n, n_clusters, effect,
  e / d AS share, e / d - ($ratio_half(e)) AS share_lo, e / d + ($ratio_half(e)) AS share_hi, helps
FROM (SELECT *, row_number() OVER (PARTITION BY certificate_id, group_id ORDER BY abs(effect) DESC, layer, kind DESC, number) AS place FROM sums)
WHERE :limit = 0 OR place <= :limit ORDER BY certificate_id, group_id, place
