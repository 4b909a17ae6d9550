-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM edge_frequency_by_group ORDER BY group_id, item_id
