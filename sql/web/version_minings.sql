-- SPDX-License-Identifier: Apache-2.0
-- The latest mining: the same parameters replace one, under a new number.
-- needs mining: headwater mine DB
SELECT json_quote(coalesce(max(mining_id), 0)) FROM mining
