-- SPDX-License-Identifier: Apache-2.0
SELECT mining_id, mining_id FROM mining WHERE :given IS NULL OR mining_id = :given ORDER BY mining_id
