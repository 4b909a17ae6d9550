-- SPDX-License-Identifier: Apache-2.0
-- How often the answer is the prediction and beats the foil, by group.
SELECT coalesce(g.name, '(all)') AS group_name, a.n, a.top1 AS accuracy, a.top1_lo AS accuracy_lo, a.top1_hi AS accuracy_hi, a.beats_foil,
  a.logit_diff, a.logit_diff_lo, a.logit_diff_hi, a.logit_diff_std, a.probability, a.probability_lo, a.probability_hi, a.mean_rank
FROM answer_by_layer a LEFT JOIN prompt_group g USING(group_id)
WHERE a.group_id >= -1 AND a.layer = (SELECT n_layers - 1 FROM run) ORDER BY a.group_id >= 0, g.marginal DESC, a.group_id
