-- SPDX-License-Identifier: Apache-2.0
INSERT INTO graph_info (
  graph_id, predicted_id, predicted_logit, predicted_probability, n_parts, n_edges, n_heads, n_ffn_nodes, n_neurons, n_projections
) VALUES (
  :graph_id, :predicted_id, :predicted_logit, :predicted_probability, :n_parts, :n_edges, :n_heads, :n_ffn_nodes, :n_neurons, :n_projections
)
