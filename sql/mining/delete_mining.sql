-- SPDX-License-Identifier: Apache-2.0
DELETE FROM mining WHERE mining_id = :id
