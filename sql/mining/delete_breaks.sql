-- SPDX-License-Identifier: Apache-2.0
DELETE FROM circuit_break WHERE circuit_id IN (SELECT circuit_id FROM circuit WHERE mining_id = :id)
