-- SPDX-License-Identifier: Apache-2.0
SELECT graphs FROM item_graph WHERE item_id = :item_id ORDER BY chunk_id
