-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM head_importance_by_group ORDER BY group_id, layer, head
