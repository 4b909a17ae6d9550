-- SPDX-License-Identifier: Apache-2.0
-- Why there is no circuit of this rank: the circuits that the mining has.
-- needs mining: headwater mine DB
-- :rank <count> = 1        its rank
-- :mining <mining> = NULL  number of a mining, NULL for the latest
SELECT json_object('error', 'not_found', 'message', 'no circuit ' || :rank || '; mining ' || mining_id || ' has '
  || CASE circuits WHEN 0 THEN 'none' ELSE '1 to ' || circuits END)
FROM (SELECT mining_id, (SELECT count(*) FROM circuit c WHERE c.mining_id = m.mining_id) AS circuits
  FROM (SELECT coalesce(:mining, (SELECT max(mining_id) FROM mining)) AS mining_id) m)
