-- SPDX-License-Identifier: Apache-2.0
INSERT INTO item_graph (
  item_id, chunk_id, n, graphs
) VALUES (
  :item_id, :chunk_id, :n, :graphs
)
