-- SPDX-License-Identifier: Apache-2.0
-- How often each group shows the recurring circuits.
-- needs mining: headwater mine DB
-- :mining <mining> = NULL    number of a mining, NULL for the latest
-- :circuit <circuit> = NULL  rank of a circuit, NULL for all
SELECT c.rank, p.name AS group_name, s.support * 1.0 / s.n AS frequency, s.support AS n_active, s.n, c.path AS circuit
FROM mining m JOIN circuit c ON c.mining_id = m.mining_id JOIN circuit_group s ON s.circuit_id = c.circuit_id
JOIN prompt_group p ON p.group_id = s.group_id
WHERE m.mining_id = coalesce(:mining, (SELECT max(mining_id) FROM mining)) AND (:circuit IS NULL OR c.rank = :circuit)
ORDER BY c.rank, s.group_id
