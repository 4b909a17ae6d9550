-- SPDX-License-Identifier: Apache-2.0
INSERT INTO model_head (
  layer, head
) VALUES (
  :layer, :head
)
