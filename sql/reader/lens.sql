-- SPDX-License-Identifier: Apache-2.0
SELECT lens FROM answer_lens WHERE prompt_id = :prompt
