-- SPDX-License-Identifier: Apache-2.0
-- What is kept of the answers' margins, by the share of components kept: a line for each of the last eight certificates that have a curve.
-- :certificate <certificate> = NULL  certificate_id, NULL for the default
WITH chosen AS (
  SELECT certificate_id, row_number() OVER (ORDER BY certificate_id) AS line
  FROM ($chosen_curves)
), certified AS (
  SELECT c.*, c.m - c.none AS d, -1 AS group_id, 'all' AS group_name, c.graph_id AS cluster FROM chosen JOIN certificate c USING(certificate_id)
), $curve_points
SELECT line, p, n_kept, n, f, f_lo, f_hi, cpr, cmd, n_lines,
  u.certificate_id || ': ' || graph || ' at ' || threshold || '; ' || baseline || iif(curve = 'components', '', '; ' || curve) || '; ' || $n_certified || ' prompts' || coalesce(': CPR ' || round(cpr, 3) || '; CMD ' || round(cmd, 3), '') AS title
FROM curve_point JOIN certificate_run u USING(certificate_id) JOIN chosen USING(certificate_id), (SELECT count(*) AS n_lines FROM chosen) ORDER BY line, p
