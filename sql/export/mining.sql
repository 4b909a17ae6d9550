-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM mining ORDER BY mining_id
