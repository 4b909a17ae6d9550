-- SPDX-License-Identifier: Apache-2.0
-- The same of the prompts that have a recurring circuit.
-- needs mining: headwater mine DB
-- :circuit <circuit>                     rank of the circuit
-- :mining <mining> = NULL                number of a mining, NULL for the latest
-- :q <text> = NULL                       part of the text, in capitals or not
-- :group <group> = NULL                  number or name of a group
-- :layer <layer> = NULL                  layer of the head
-- :head <head> = NULL                    a head that is in the graph, like L1H5
-- :edge <count> = NULL                   item_id of an edge aligned by role that is in the graph
-- :answers <all|right|wrong> = all       whether the answer is the prediction
-- :counterfactuals <no|yes|only> = no    a group decides it by itself
-- :sort <number|importance|probability|rank|logit_diff> = number  importance: of the edge, else of the circuit's weakest edge, else of the head's strongest edge
-- :order <up|down> = up
-- :after <count> = NULL                  graph_id that the page before gave as next
-- :limit <count> = 100                   rows
WITH $circuit_graphs, $listed_graphs(1), $listed_rows(1)
$listed_page
