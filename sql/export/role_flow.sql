-- SPDX-License-Identifier: Apache-2.0
SELECT f.group_id, g.name AS group_name, f.layer, f.role, f.n, f.frequency, f.mean, f.std, f.ci_lo, f.ci_hi, f.n_active, f.max,
  f.example_prompt, f.example_target
FROM role_flow_by_group f LEFT JOIN prompt_group g USING(group_id) WHERE f.group_id >= -1 ORDER BY f.group_id, f.layer, f.role_id
