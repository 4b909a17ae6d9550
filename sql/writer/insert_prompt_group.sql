-- SPDX-License-Identifier: Apache-2.0
INSERT INTO prompt_group (
  group_id, name, marginal
) VALUES (
  :group_id, :name, :marginal
)
