-- SPDX-License-Identifier: Apache-2.0
SELECT c.mining_id, c.rank, e.item_id, f.kind, f.layer, f.head, f.name, f.source_role, f.target_role, f.frequency AS edge_frequency
FROM circuit c JOIN circuit_edge e USING(circuit_id) JOIN edge_frequency f USING(item_id) ORDER BY c.mining_id, c.rank, e.item_id
