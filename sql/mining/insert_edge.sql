-- SPDX-License-Identifier: Apache-2.0
INSERT INTO circuit_edge(circuit_id, item_id) VALUES (:circuit_id, :item_id)
