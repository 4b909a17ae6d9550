-- SPDX-License-Identifier: Apache-2.0
INSERT INTO agg_answer (
  group_id, layer, n, n_top, n_first, n_settled, rank_sum, probability_sum, probability_ssq, n_foil, n_beats, n_ties, diff_sum, diff_ssq_hi, diff_ssq_lo
) VALUES (
  :group_id, :layer, :n, :n_top, :n_first, :n_settled, :rank_sum, :probability_sum, :probability_ssq, :n_foil, :n_beats, :n_ties, :diff_sum, :diff_ssq_hi, :diff_ssq_lo
) ON CONFLICT DO UPDATE SET
  n = n + excluded.n,
  n_top = n_top + excluded.n_top,
  n_first = n_first + excluded.n_first,
  n_settled = n_settled + excluded.n_settled,
  rank_sum = rank_sum + excluded.rank_sum,
  probability_sum = probability_sum + excluded.probability_sum,
  probability_ssq = probability_ssq + excluded.probability_ssq,
  n_foil = n_foil + excluded.n_foil,
  n_beats = n_beats + excluded.n_beats,
  n_ties = n_ties + excluded.n_ties,
  diff_sum = diff_sum + excluded.diff_sum,
  diff_ssq_hi = diff_ssq_hi + excluded.diff_ssq_hi,
  diff_ssq_lo = diff_ssq_lo + excluded.diff_ssq_lo
