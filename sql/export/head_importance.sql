-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM head_importance ORDER BY layer, head
