-- SPDX-License-Identifier: Apache-2.0
SELECT rank, rank FROM circuit
WHERE mining_id = coalesce(:mining, (SELECT max(mining_id) FROM mining)) AND (:given IS NULL OR rank = :given) ORDER BY rank
