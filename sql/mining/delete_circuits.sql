-- SPDX-License-Identifier: Apache-2.0
DELETE FROM circuit WHERE mining_id = :id
