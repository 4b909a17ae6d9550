-- SPDX-License-Identifier: Apache-2.0
-- Logit lens: how the answer stands after each block, over the data set.
-- The final norm and the unembedding are applied to the state there.
-- needs answer: headwater run on a data set with answers (its --answer-column)
-- :group <group> = NULL  name of a group, NULL for all
-- top1: the answer is the prediction; first_top1: for the first time; settled: from here to the end. The last layer is the model's prediction.
SELECT layer, top1, top1_lo, top1_hi, first_top1, settled, mean_rank, probability, probability_lo, probability_hi, logit_diff, logit_diff_lo,
  logit_diff_hi, n
FROM answer_by_layer WHERE group_id = coalesce(:group, -1) ORDER BY layer
