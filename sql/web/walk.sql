-- SPDX-License-Identifier: Apache-2.0
-- The prompts before and behind one in such a list, [prompt_id, target_pos] each (target_pos NULL: its last position), and its place there.
-- :prompt <prompt>                       prompt_id
-- :target <count> = NULL                 target position, where the list has several graphs of the prompt
-- :q <text> = NULL                       part of the text, in capitals or not
-- :group <group> = NULL                  number or name of a group
-- :layer <layer> = NULL                  layer of the head
-- :head <head> = NULL                    a head that is in the graph, like L1H5
-- :edge <count> = NULL                   item_id of an edge aligned by role that is in the graph
-- :answers <all|right|wrong> = all       whether the answer is the prediction
-- :counterfactuals <no|yes|only> = no    a group decides it by itself
-- :sort <number|importance|probability|rank|logit_diff> = number  importance: of the edge, else of the circuit's weakest edge, else of the head's strongest edge
-- :order <up|down> = up
WITH $no_circuit, $listed_graphs(0), $listed_at(0)
$listed_way
