-- SPDX-License-Identifier: Apache-2.0
INSERT INTO agg_whole_answer (
  group_id, n, n_several, n_greedy, n_shared, n_contained, n_foil, n_beats, n_ties, diff_sum, diff_ssq_hi, diff_ssq_lo
) VALUES (
  :group_id, :n, :n_several, :n_greedy, :n_shared, :n_contained, :n_foil, :n_beats, :n_ties, :diff_sum, :diff_ssq_hi, :diff_ssq_lo
) ON CONFLICT DO UPDATE SET
  n = n + excluded.n,
  n_several = n_several + excluded.n_several,
  n_greedy = n_greedy + excluded.n_greedy,
  n_shared = n_shared + excluded.n_shared,
  n_contained = n_contained + excluded.n_contained,
  n_foil = n_foil + excluded.n_foil,
  n_beats = n_beats + excluded.n_beats,
  n_ties = n_ties + excluded.n_ties,
  diff_sum = diff_sum + excluded.diff_sum,
  diff_ssq_hi = diff_ssq_hi + excluded.diff_ssq_hi,
  diff_ssq_lo = diff_ssq_lo + excluded.diff_ssq_lo
