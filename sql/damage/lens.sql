-- SPDX-License-Identifier: Apache-2.0
SELECT prompt_id, lens FROM main.answer_lens ORDER BY prompt_id
