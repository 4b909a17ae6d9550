-- SPDX-License-Identifier: Apache-2.0
SELECT role_id, name FROM role WHERE :given IS NULL OR name = :given ORDER BY role_id
