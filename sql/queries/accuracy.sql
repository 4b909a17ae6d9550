-- SPDX-License-Identifier: Apache-2.0
-- How often the answer is the prediction and beats the foil, by group.
-- accuracy, probability and mean_rank are of the first token of the answer, logit_diff of the first token where answer and foil part.
-- whole_...: all tokens, of answers that are not cut. whole_accuracy: greedy decoding writes the answer; whole_beats_foil: its log-probability is the higher one.
-- Ties are neither won nor lost. Where one of the two begins with the other they are not compared. The view whole_answer has more.
-- needs answer: headwater run on a data set with answers (its --answer-column)
SELECT coalesce(g.name, '(all)') AS group_name, a.n, a.top1 AS accuracy, a.top1_lo AS accuracy_lo, a.top1_hi AS accuracy_hi, a.beats_foil, a.ties,
  a.logit_diff, a.logit_diff_lo, a.logit_diff_hi, a.logit_diff_std, a.probability, a.probability_lo, a.probability_hi, a.mean_rank,
  w.accuracy AS whole_accuracy, w.accuracy_lo AS whole_accuracy_lo, w.accuracy_hi AS whole_accuracy_hi, w.beats_foil AS whole_beats_foil,
  w.log_probability_diff, w.log_probability_diff_lo, w.log_probability_diff_hi
FROM answer_by_layer a JOIN whole_answer w USING(group_id) LEFT JOIN prompt_group g USING(group_id)
WHERE a.group_id >= -1 AND a.layer = (SELECT n_layers - 1 FROM run) ORDER BY a.group_id >= 0, g.marginal DESC, a.group_id
