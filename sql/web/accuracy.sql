-- SPDX-License-Identifier: Apache-2.0
-- The named query of the same name: how often the answer is the prediction and beats the foil, by group.
-- several: prompts whose answer has several tokens; counterfactual: 1 for a group of counterfactuals.
SELECT json_object('columns', json_array('group_id', 'group_name', 'n', 'accuracy', 'accuracy_lo', 'accuracy_hi', 'beats_foil', 'ties', 'logit_diff',
    'logit_diff_lo', 'logit_diff_hi', 'probability', 'probability_lo', 'probability_hi', 'mean_rank', 'whole_accuracy', 'whole_accuracy_lo',
    'whole_accuracy_hi', 'several', 'counterfactual'),
  'rows', json_group_array(json_array(group_id, group_name, n, hw_json_number(top1), hw_json_number(top1_lo), hw_json_number(top1_hi),
    hw_json_number(beats_foil), ties, hw_json_number(logit_diff), hw_json_number(logit_diff_lo), hw_json_number(logit_diff_hi),
    hw_json_number(probability), hw_json_number(probability_lo), hw_json_number(probability_hi), hw_json_number(mean_rank),
    hw_json_number(accuracy), hw_json_number(accuracy_lo), hw_json_number(accuracy_hi), n_several,
    EXISTS (SELECT 1 FROM group_value v WHERE v.group_id = a.group_id AND v.column_name = 'variant' AND v.value = 'counterfactual'))))
FROM (
  SELECT a.*, coalesce(g.name, '(all)') AS group_name, w.accuracy, w.accuracy_lo, w.accuracy_hi, w.n_several
  FROM answer_by_layer a JOIN whole_answer w USING(group_id) LEFT JOIN prompt_group g USING(group_id)
  WHERE a.group_id >= -1 AND a.layer = (SELECT n_layers - 1 FROM run) ORDER BY a.group_id >= 0, g.marginal DESC, a.group_id) a
