-- SPDX-License-Identifier: Apache-2.0
-- What graphs are worth: where they fail, what they keep and what is left without them.
-- Certificates that `headwater certify` saved.
-- fails: |kept - m| > 0.2 |m - none|; lost: the answer is not above its foil. f_kept: sum (kept - none) / sum (m - none), f_removed and f_random
-- likewise, with 95% intervals. closer: the graph is closer to m than most random graphs of its size, farther: without it the margin is
-- farther from m than without them; p: of a share above 0.9 by chance. stale: made before the last prompts were stored.
-- needs certificate_run: headwater certify DB --model DIR
-- :certificate <certificate> = NULL  certificate_id, NULL for all
-- :by <all|group> = all              all prompts together, or each group
WITH $certified, sums AS (
  SELECT certificate_id, group_id, group_name, count(*) FILTER (WHERE reason IS NULL) AS n, count(reason) AS n_without, sum(d) AS d, sum(d * d) AS d_d,
    avg(abs(kept - m) > 0.2 * abs(d)) AS fails, avg(kept <= 0) AS lost, avg(n_attention) AS n_attention, avg(n_ffn) AS n_ffn, $ratio_sums(k), $ratio_sums(r), $ratio_sums(q),
    avg(kept_id = predicted_id) AS same_kept, avg(removed_id = predicted_id) AS same_removed, avg(kept_kl) AS kept_kl, avg(removed_kl) AS removed_kl,
    sum(2 * kept_closer > n_random) AS n_closer, sum(2 * removed_farther > n_random) AS n_farther
  FROM (SELECT *, kept - none AS k, removed - none AS r, random_kept - none AS q FROM certified) GROUP BY certificate_id, group_id, group_name
)
SELECT s.certificate_id, u.graph, u.threshold, u.unit, u.baseline, s.group_name, n, n_without, fails, $wilson_lo(fails, n) AS fails_lo, $wilson_hi(fails, n) AS fails_hi, lost,
  n_attention, n_ffn, k / d AS f_kept, k / d - ($ratio_half(k)) AS f_kept_lo, k / d + ($ratio_half(k)) AS f_kept_hi,
  r / d AS f_removed, r / d - ($ratio_half(r)) AS f_removed_lo, r / d + ($ratio_half(r)) AS f_removed_hi,
  q / d AS f_random, same_kept, same_removed, kept_kl, removed_kl, n_closer * 1.0 / n AS closer, $binomial_tail(n_closer, n) AS closer_p,
  n_farther * 1.0 / n AS farther, $binomial_tail(n_farther, n) AS farther_p, u.complete,
  u.n_prompts <> (SELECT coalesce(sum(n_prompts - n_failed), 0) FROM chunk) AS stale
FROM sums s JOIN certificate_run u USING(certificate_id) ORDER BY s.certificate_id, s.group_id
