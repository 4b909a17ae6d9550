-- SPDX-License-Identifier: Apache-2.0
INSERT INTO group_member (
  group_id, member_id
) VALUES (
  :group_id, :member_id
)
