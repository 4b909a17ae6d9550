-- SPDX-License-Identifier: Apache-2.0
-- Prompts in an order that the seed decides: a linear step, twice, modulo the largest prime below 2^32.
SELECT prompt_id FROM prompt
ORDER BY (((prompt_id & 1048575) * 1103515245 + (:seed & 65535) * 2654435761) % 4294967291 * 40503 + prompt_id) % 4294967291, prompt_id LIMIT :most
