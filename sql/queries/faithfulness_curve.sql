-- SPDX-License-Identifier: Apache-2.0
-- What the first heads and FFNs keep of the answer's margin, by the share that is kept.
-- METHOD section 13; cpr and cmd are areas of the whole curve.
-- f: sum (kept - none) / sum (m - none) with its 95% interval. cpr: area of f, 1 is best; cmd: area of |1 - f|, 0 is best.
-- needs certificate_run: headwater certify DB --model DIR --curve components
-- :certificate <certificate> = NULL  certificate_id, NULL for all
-- :by <all|group> = all              all prompts together, or each group
-- :cluster <column> = NULL           column whose values are the units of intervals, like template; NULL: prompts
WITH $certified, step(i, p) AS (VALUES(1, 1), (2, 2), (3, 5), (4, 10), (5, 20), (6, 50), (7, 100), (8, 200), (9, 500), (10, 1000)), clustered AS (
  SELECT c.certificate_id, c.group_id, c.group_name, s.i, s.p, count(*) AS n, sum(v.n_kept) AS n_kept, sum(c.d) AS d, sum(v.kept - c.none) AS k
  FROM certified c JOIN step s JOIN certificate_curve v ON v.certificate_id = c.certificate_id AND v.graph_id = c.graph_id AND v.n_kept = v.n * s.p / 1000
  GROUP BY c.certificate_id, c.group_id, c.group_name, s.i, c.cluster
), sums AS (
  SELECT certificate_id, group_id, group_name, i, p * 0.001 AS p, sum(n_kept) * 1.0 / sum(n) AS n_kept, sum(n) AS n, count(*) AS n_clusters, sum(d) AS d, sum(d * d) AS d_d, $ratio_sums(k)
  FROM clustered GROUP BY certificate_id, group_id, group_name, i
), point AS (
  SELECT *, k / d AS f, (p - lag(p) OVER g) * (k / d + lag(k / d) OVER g) / 2 AS kept_area, (p - lag(p) OVER g) * (abs(1 - k / d) + abs(1 - lag(k / d) OVER g)) / 2 AS missing_area
  FROM sums WINDOW g AS (PARTITION BY certificate_id, group_id ORDER BY i)
)
SELECT certificate_id, group_name, p, n_kept, n, f, f - ($ratio_half(k)) AS f_lo, f + ($ratio_half(k)) AS f_hi,
  sum(kept_area) OVER w AS cpr, sum(missing_area) OVER w AS cmd
FROM point WINDOW w AS (PARTITION BY certificate_id, group_id) ORDER BY certificate_id, group_id, i
