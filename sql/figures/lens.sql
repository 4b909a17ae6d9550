-- SPDX-License-Identifier: Apache-2.0
SELECT layer, top1, top1_lo, top1_hi, probability, probability_lo, probability_hi, logit_diff, logit_diff_lo, logit_diff_hi, n_foil, n
FROM answer_by_layer WHERE group_id = -1 ORDER BY layer
