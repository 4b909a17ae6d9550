-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM head_relevance_by_group ORDER BY group_id, mode, layer, head
