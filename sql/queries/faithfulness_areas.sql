-- SPDX-License-Identifier: Apache-2.0
-- The areas of the curve of each prompt, the worst first.
-- METHOD section 13. cpr: area of (kept - none) / (m - none), 1 is best; cmd: area of its distance from 1.
-- needs certificate_curve: headwater certify DB --model DIR --curve components
-- :certificate <certificate> = NULL  certificate_id, NULL for all
-- :limit <count> = 20                rows, 0 for all
WITH $curve_steps, point AS (
  SELECT certificate_id, graph_id, i, p * 0.001 AS p, (v.kept - c.none) / nullif(c.m - c.none, 0) AS f
  FROM certificate c JOIN certificate_curve v USING(certificate_id, graph_id) JOIN step s ON v.n_kept = v.n * s.p / 1000
  WHERE :certificate IS NULL OR certificate_id = :certificate
), area AS (
  SELECT *, (p - lag(p) OVER g) * (f + lag(f) OVER g) / 2 AS kept_area, (p - lag(p) OVER g) * (abs(1 - f) + abs(1 - lag(f) OVER g)) / 2 AS missing_area
  FROM point WINDOW g AS (PARTITION BY certificate_id, graph_id ORDER BY i)
)
SELECT a.certificate_id, $prompt_of(a.graph_id) AS prompt_id, p.text, c.m, c.none, sum(kept_area) AS cpr, sum(missing_area) AS cmd
FROM area a JOIN certificate c USING(certificate_id, graph_id) JOIN prompt p ON p.prompt_id = $prompt_of(a.graph_id)
GROUP BY a.certificate_id, a.graph_id ORDER BY a.certificate_id, cmd DESC, a.graph_id LIMIT $limit_or_all
