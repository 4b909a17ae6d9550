-- SPDX-License-Identifier: Apache-2.0
INSERT INTO circuit_break(circuit_id, item_id, n, prompts) VALUES (:circuit_id, :item_id, :n, :prompts)
