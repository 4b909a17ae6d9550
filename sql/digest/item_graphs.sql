-- SPDX-License-Identifier: Apache-2.0
-- The graphs of each item: a list for each chunk that has it.
SELECT item_id, graphs FROM main.item_graph ORDER BY item_id, chunk_id
