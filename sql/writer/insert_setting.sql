-- SPDX-License-Identifier: Apache-2.0
INSERT INTO setting (
  name, value
) VALUES (
  :name, :value
)
