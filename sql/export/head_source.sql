-- SPDX-License-Identifier: Apache-2.0
SELECT s.group_id, g.name AS group_name, s.layer, s.head, s.name, s.n_active, s.flow, s.importance, s.previous, s.same_token, s.first,
  s.induction, s.self, s.importance_previous, s.importance_same_token, s.importance_first, s.importance_induction, s.importance_self
FROM head_source_by_group s LEFT JOIN prompt_group g USING(group_id) WHERE s.group_id >= -1 ORDER BY s.group_id, s.layer, s.head
