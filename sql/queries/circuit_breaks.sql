-- SPDX-License-Identifier: Apache-2.0
-- Prompts that break a recurring circuit: they have all its edges but one.
-- needs mining: headwater mine DB
-- :mining <mining> = NULL    number of a mining, NULL for the latest
-- :circuit <circuit> = NULL  rank of a circuit, NULL for all
SELECT c.rank, e.name AS missing, e.source_role, e.target_role, b.n AS n_broken, b.prompts AS example_prompts
FROM mining m JOIN circuit c ON c.mining_id = m.mining_id JOIN circuit_break b ON b.circuit_id = c.circuit_id
JOIN edge_frequency e ON e.item_id = b.item_id
WHERE m.mining_id = coalesce(:mining, (SELECT max(mining_id) FROM mining)) AND (:circuit IS NULL OR c.rank = :circuit)
ORDER BY c.rank, b.n DESC, b.item_id
