-- SPDX-License-Identifier: Apache-2.0
-- Answers by layer, the view answer_by_layer.
-- :group <group> = NULL  number or name of a group, NULL for all prompts
SELECT json_object('columns', json_array('layer', 'n', 'top1', 'top1_lo', 'top1_hi', 'first_top1', 'settled', 'mean_rank', 'probability', 'probability_lo',
    'probability_hi', 'n_foil', 'beats_foil', 'ties', 'logit_diff', 'logit_diff_lo', 'logit_diff_hi'),
  'rows', json_group_array(json_array(layer, n, hw_json_number(top1), hw_json_number(top1_lo), hw_json_number(top1_hi), hw_json_number(first_top1),
    hw_json_number(settled), hw_json_number(mean_rank), hw_json_number(probability), hw_json_number(probability_lo), hw_json_number(probability_hi),
    n_foil, hw_json_number(beats_foil), ties, hw_json_number(logit_diff), hw_json_number(logit_diff_lo), hw_json_number(logit_diff_hi))))
FROM (SELECT * FROM answer_by_layer WHERE group_id = coalesce(:group, -1) ORDER BY layer)
