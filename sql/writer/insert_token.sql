-- SPDX-License-Identifier: Apache-2.0
INSERT INTO token (
  token_id, text, bytes
) VALUES (
  :token_id, :text, :bytes
)
