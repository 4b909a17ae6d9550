-- SPDX-License-Identifier: Apache-2.0
INSERT INTO role (
  role_id, name
) VALUES (
  :role_id, :name
)
