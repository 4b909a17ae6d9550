-- SPDX-License-Identifier: Apache-2.0
INSERT INTO answer_lens (
  prompt_id, lens
) VALUES (
  :prompt_id, :lens
)
