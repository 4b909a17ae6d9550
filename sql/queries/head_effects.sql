-- SPDX-License-Identifier: Apache-2.0
-- What each head and FFN does to the answer's margin, by knock-outs.
-- effect: m less the margin without it, a mean over prompts; helps: the share of prompts where it is above 0.
-- share: of m - none, a ratio of sums with its 95% interval and the p of 0; p is 1 where no prompt has an effect, and
-- 2.2e-308 where it is smaller than that, the smallest number that doubles hold in full, or where all prompts have the same share.
-- q: Benjamini-Hochberg over the components. Effects of single knock-outs overlap: they do not add up.
-- needs knockout: headwater certify DB --model DIR --knockout K
-- :certificate <certificate> = NULL  certificate_id, NULL for all
-- :by <all|group> = all              all prompts together, or each group
-- :cluster <column> = NULL           column whose values are the units of intervals, like template; NULL: prompts
-- :limit <count> = 20                rows of each group, 0 for all
WITH $certified, clustered AS (
  SELECT certificate_id, group_id, group_name, kind, layer, number, count(*) AS n, sum(effect) AS e, sum(effect > 0) AS helps, sum(d) AS d
  FROM certified JOIN knockout USING(certificate_id, graph_id) GROUP BY certificate_id, group_id, group_name, kind, layer, number, cluster
), sums AS (
  SELECT certificate_id, group_id, group_name, kind, layer, number, sum(n) AS n, count(*) AS n_clusters, sum(e) / sum(n) AS effect, sum(helps) * 1.0 / sum(n) AS helps, sum(d) AS d,
    sum(d * d) AS d_d, $ratio_sums(e)
  FROM clustered GROUP BY certificate_id, group_id, group_name, kind, layer, number
), tested AS (
  SELECT *, e / d AS share, $ratio_half(e) AS half, n_clusters - 1.0 AS df FROM sums
), scored AS (
  SELECT *, CASE WHEN half > 0 THEN hw_t_two_sided(abs(share) / (half / $t975(n_clusters)), df) WHEN half = 0 THEN iif(share = 0, 1.0, 2.2250738585072014e-308) END AS p FROM tested
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY certificate_id, group_id ORDER BY abs(effect) DESC, layer, kind DESC, number) AS place,
    row_number() OVER (PARTITION BY certificate_id, group_id ORDER BY p NULLS LAST) AS step, count(p) OVER (PARTITION BY certificate_id, group_id) AS n_tested FROM scored
), adjusted AS (
  SELECT *, min(p * n_tested / step) OVER (PARTITION BY certificate_id, group_id ORDER BY step DESC) AS q FROM ranked
)
SELECT certificate_id, group_name, CASE kind WHEN 'head' THEN 'L' || layer || 'H' || number ELSE 'FFN' || layer END AS component, n, n_clusters, effect,
  share, share - half AS share_lo, share + half AS share_hi, p, q, helps
FROM adjusted WHERE $is_within_limit(place) ORDER BY certificate_id, group_id, place
