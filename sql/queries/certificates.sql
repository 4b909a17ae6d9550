-- SPDX-License-Identifier: Apache-2.0
-- What graphs are worth: where they fail, what they keep and what is left without them.
-- Certificates that `headwater certify` saved.
-- fails: share of prompts with |kept - m| > 0.2 |m - none|. beats_foil: share where the model's own m is above 0.
-- lost: of these, the share whose answer is not above its foil with the graph alone (kept <= 0).
-- f_kept: sum (kept - none) / sum (m - none), f_removed and f_random likewise, with 95% intervals.
-- closer: the graph is closer to m than most random graphs of its size. farther: without it the margin is farther from m than without them.
-- p: of a share above 0.9 by chance, 2.2e-308 where it is smaller than that. NULL where nothing was compared.
-- With --cluster the intervals of fails, f_kept and f_removed are clustered. p takes prompts as independent: NULL where they share a cluster.
-- stale: made before the last prompts were stored.
-- needs certificate_run: headwater certify DB --model DIR
-- :certificate <certificate> = NULL  certificate_id, NULL for all
-- :by <all|group> = all              all prompts together, or each group
-- :cluster <column> = NULL           column whose values are the units of intervals, like template; NULL: prompts
WITH $certified, clustered AS (
  SELECT certificate_id, group_id, group_name, count(m) AS n, count(reason) AS n_without, sum(d) AS d, sum(kept - none) AS k, sum(removed - none) AS r, sum(random_kept - none) AS q,
    sum(abs(kept - m) > 0.2 * abs(d)) AS fails, sum(m > 0) AS beats_foil, sum(m > 0 AND kept <= 0) AS lost, sum(n_attention) AS n_attention, sum(n_ffn) AS n_ffn,
    sum(kept_id = predicted_id) AS same_kept, sum(removed_id = predicted_id) AS same_removed, sum(kept_kl) AS kept_kl, sum(removed_kl) AS removed_kl,
    sum(2 * kept_closer > n_random) AS n_closer, sum(2 * removed_farther > n_random) AS n_farther
  FROM certified GROUP BY certificate_id, group_id, group_name, cluster
), sums AS (
  SELECT certificate_id, group_id, group_name, sum(n) AS n, sum(n * n) - sum(n) AS w, sum(fails) AS n_fails, sum(fails * fails) AS kk, sum(fails * n) AS kn,
    sum(n_without) AS n_without, sum(n > 0) AS n_clusters, sum(d) AS d, sum(d * d) AS d_d, $ratio_sums(k), $ratio_sums(r),
    $ratio_sums(q), sum(fails) * 1.0 / sum(n) AS fails, sum(beats_foil) * 1.0 / sum(n) AS beats_foil, sum(lost) * 1.0 / sum(beats_foil) AS lost,
    sum(n_attention) * 1.0 / sum(n) AS n_attention, sum(n_ffn) * 1.0 / sum(n) AS n_ffn, sum(same_kept) * 1.0 / sum(n) AS same_kept,
    sum(same_removed) * 1.0 / sum(n) AS same_removed, sum(kept_kl) / sum(n) AS kept_kl, sum(removed_kl) / sum(n) AS removed_kl,
    sum(n_closer) AS n_closer, sum(n_farther) AS n_farther
  FROM clustered GROUP BY certificate_id, group_id, group_name
), failing AS (
  SELECT *, $effective_n(fails, n_fails, n_clusters) AS ne FROM sums
)
SELECT s.certificate_id, u.graph, u.threshold, u.unit, u.baseline, s.group_name, n, n_clusters, n_without, fails, $wilson_lo(fails, ne) AS fails_lo, $wilson_hi(fails, ne) AS fails_hi, lost,
  beats_foil, n_attention, n_ffn, k / d AS f_kept, k / d - ($ratio_half(k)) AS f_kept_lo, k / d + ($ratio_half(k)) AS f_kept_hi,
  r / d AS f_removed, r / d - ($ratio_half(r)) AS f_removed_lo, r / d + ($ratio_half(r)) AS f_removed_hi,
  q / d AS f_random, same_kept, same_removed, kept_kl, removed_kl, n_closer * 1.0 / n AS closer, iif(n_clusters = n, $binomial_tail(n_closer, n), NULL) AS closer_p,
  n_farther * 1.0 / n AS farther, iif(n_clusters = n, $binomial_tail(n_farther, n), NULL) AS farther_p, u.complete,
  u.n_prompts <> (SELECT coalesce(sum(n_prompts - n_failed), 0) FROM chunk) AS stale
FROM failing s JOIN certificate_run u USING(certificate_id) ORDER BY s.certificate_id, s.group_id
