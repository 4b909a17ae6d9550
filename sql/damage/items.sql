-- SPDX-License-Identifier: Apache-2.0
SELECT item_id, graphs FROM main.item_graph ORDER BY item_id, chunk_id
