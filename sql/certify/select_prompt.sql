-- SPDX-License-Identifier: Apache-2.0
SELECT p.tokens, a.answer_id, a.foil_id FROM prompt p LEFT JOIN answer a USING(prompt_id) WHERE p.prompt_id = :prompt_id
