-- SPDX-License-Identifier: Apache-2.0
-- What the first heads and FFNs keep of the answer's margin, by the share that is kept.
-- METHOD section 13; cpr and cmd are areas of the whole curve.
-- f: sum (kept - none) / sum (m - none) with its 95% interval. cpr: area of f, 1 is best; cmd: area of |1 - f|, 0 is best.
-- needs certificate_curve: headwater certify DB --model DIR --curve components
-- :certificate <certificate> = NULL  certificate_id, NULL for all
-- :by <all|group> = all              all prompts together, or each group
-- :cluster <column> = NULL           column whose values are the units of intervals, like template; NULL: prompts
WITH $certified, $curve_points
SELECT certificate_id, group_name, p, n_kept, n, f, f_lo, f_hi, cpr, cmd FROM curve_point ORDER BY certificate_id, group_id, p
