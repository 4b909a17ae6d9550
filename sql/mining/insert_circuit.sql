-- SPDX-License-Identifier: Apache-2.0
INSERT INTO circuit(circuit_id, mining_id, rank, path, n_edges, support, lift, new_cells, graphs)
VALUES (:circuit_id, :mining_id, :rank, :path, :n_edges, :support, :lift, :new_cells, :graphs)
