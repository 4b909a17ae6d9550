-- SPDX-License-Identifier: Apache-2.0
-- How often the answer is the prediction, and beats the foil, by group.
SELECT g.name AS group_name, count(*) AS n, avg(a.answer_rank = 1) AS accuracy, avg(a.logit_diff > 0) AS beats_foil,
  avg(a.logit_diff) AS logit_diff, avg(a.answer_probability) AS probability, avg(a.answer_rank) AS mean_rank
FROM answer a JOIN prompt p USING(prompt_id) JOIN prompt_group g USING(group_id)
WHERE a.answer_id IS NOT NULL GROUP BY g.group_id ORDER BY g.group_id
