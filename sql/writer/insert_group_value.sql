-- SPDX-License-Identifier: Apache-2.0
INSERT INTO group_value (
  group_id, column_id, column_name, value
) VALUES (
  :group_id, :column_id, :column_name, :value
)
