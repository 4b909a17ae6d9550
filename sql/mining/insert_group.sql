-- SPDX-License-Identifier: Apache-2.0
INSERT INTO circuit_group(circuit_id, group_id, support, n) VALUES (:circuit_id, :group_id, :support, :n)
