-- SPDX-License-Identifier: Apache-2.0
-- The prompts, a row each, with the columns of the data set as columns.
-- The view prompt_wide has the same columns, for statements of one's own. A value that is a number is a number in it.
-- :group <group> = NULL                  name of a group, NULL for all
-- :answers <all|right|wrong> = all       all prompts, or those whose answer is or is not the prediction
-- :counterfactuals <no|yes> = no         yes: the counterfactuals as well
-- :limit <count> = 100                   rows, 0 for all
SELECT * FROM prompt_wide
WHERE (:group IS NULL OR group_id IN (SELECT member_id FROM group_member WHERE group_id = :group))
  AND CASE hw_choice(:answers, 'all', 'right', 'wrong') WHEN 0 THEN 1 WHEN 1 THEN correct ELSE NOT correct END
  AND (counterfactual_of IS NULL OR hw_choice(:counterfactuals, 'no', 'yes'))
ORDER BY prompt_id LIMIT $limit_or_all
