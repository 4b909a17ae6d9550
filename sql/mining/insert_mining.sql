-- SPDX-License-Identifier: Apache-2.0
INSERT INTO mining(mining_id, parameters, min_support, complete_support, n_graphs, n_items, n_items_cut, n_sets, complete, note)
VALUES (:mining_id, :parameters, :min_support, :complete_support, :n_graphs, :n_items, :n_items_cut, :n_sets, :complete, :note)
