-- SPDX-License-Identifier: Apache-2.0
-- Prompts with an answer and a graph of their last position.
SELECT EXISTS (SELECT 1 FROM prompt_prediction WHERE answer_id IS NOT NULL)
