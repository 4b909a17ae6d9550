-- SPDX-License-Identifier: Apache-2.0
INSERT INTO failed (
  prompt_id, reason, text
) VALUES (
  :prompt_id, :reason, :text
)
