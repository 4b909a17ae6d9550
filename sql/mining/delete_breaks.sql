-- SPDX-License-Identifier: Apache-2.0
DELETE FROM circuit_break WHERE circuit_id IN (SELECT circuit_id FROM circuit JOIN mining USING(mining_id) WHERE parameters = :parameters)
