-- SPDX-License-Identifier: Apache-2.0
-- A page of the list of prompts; its filters combine. count: of the whole list; next: what the next page is asked for with.
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
WITH $no_circuit, $listed_graphs(0), $listed_rows(0)
$listed_page
