-- SPDX-License-Identifier: Apache-2.0
SELECT a.group_id, g.name AS group_name, a.layer, a.n, a.top1, a.top1_lo, a.top1_hi, a.first_top1, a.settled, a.mean_rank, a.probability,
  a.probability_std, a.probability_lo, a.probability_hi, a.n_foil, a.beats_foil, a.ties, a.logit_diff, a.logit_diff_std,
  a.logit_diff_lo, a.logit_diff_hi
FROM answer_by_layer a LEFT JOIN prompt_group g USING(group_id) WHERE a.group_id >= -1 ORDER BY a.group_id, a.layer
