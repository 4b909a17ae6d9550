-- SPDX-License-Identifier: Apache-2.0
SELECT name FROM role ORDER BY role_id
