-- SPDX-License-Identifier: Apache-2.0
-- How large the graphs are at other thresholds, from the stored rows: the curve of size over threshold.
-- ffn_nodes: FFN nodes whose FFN part survives. nodes: those with edges, and tokens that get flow.
-- A scan: prompts are sampled evenly, :sample of them; 0 takes all and reads the whole file.
-- :thresholds <numbers> = NULL  list like '0.02,0.05,0.1', from the floor of the run upwards; NULL for 12 steps from the floor
-- :sample <count> = 500         prompts, 0 for all
$size_curve
