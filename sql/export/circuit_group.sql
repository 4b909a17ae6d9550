-- SPDX-License-Identifier: Apache-2.0
SELECT c.mining_id, c.rank, s.group_id, g.name AS group_name, s.support, s.n, s.support * 1.0 / s.n AS frequency
FROM circuit c JOIN circuit_group s USING(circuit_id) LEFT JOIN prompt_group g USING(group_id) ORDER BY c.mining_id, c.rank, s.group_id
