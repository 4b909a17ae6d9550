-- SPDX-License-Identifier: Apache-2.0
INSERT INTO prompt_value (
  prompt_id, key, value
) VALUES (
  :prompt_id, :key, :value
) ON CONFLICT DO NOTHING
