-- SPDX-License-Identifier: Apache-2.0
SELECT role_id, name FROM role ORDER BY role_id
