-- SPDX-License-Identifier: Apache-2.0
SELECT a.group_id, g.name AS group_name, a.n, a.n_several, a.n_shared, a.n_contained, a.accuracy, a.accuracy_lo, a.accuracy_hi, a.n_foil, a.beats_foil, a.ties,
  a.log_probability_diff, a.log_probability_diff_std, a.log_probability_diff_lo, a.log_probability_diff_hi
FROM whole_answer a LEFT JOIN prompt_group g USING(group_id) WHERE a.group_id >= -1 ORDER BY a.group_id
