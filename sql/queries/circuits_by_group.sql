-- SPDX-License-Identifier: Apache-2.0
-- How often each group shows the recurring circuits.
-- needs mining: headwater mine DB
-- :mining <mining> = NULL    number of a mining, NULL for the latest
-- :circuit <circuit> = NULL  rank of a circuit, NULL for all
SELECT c.rank, p.name AS group_name, sum(s.support) * 1.0 / sum(s.n) AS frequency, sum(s.support) AS n_active, sum(s.n) AS n, c.path AS circuit
FROM mining m JOIN circuit c ON c.mining_id = m.mining_id JOIN circuit_group s ON s.circuit_id = c.circuit_id
JOIN group_member i ON i.member_id = s.group_id JOIN prompt_group p ON p.group_id = i.group_id
WHERE m.mining_id = coalesce(:mining, (SELECT max(mining_id) FROM mining)) AND (:circuit IS NULL OR c.rank = :circuit)
GROUP BY c.rank, p.group_id ORDER BY c.rank, p.group_id
