-- SPDX-License-Identifier: Apache-2.0
-- How large the graphs are: those of the data set's own prompts, not of counterfactuals.
-- ffn_nodes: FFN nodes whose FFN part survives. projections: a component counts once for each convention.
SELECT count(*) AS graphs, avg(n_edges) AS edges, min(n_edges) AS edges_min, max(n_edges) AS edges_max, avg(n_parts) AS parts,
  avg(n_heads) AS heads, avg(n_ffn_nodes) AS ffn_nodes, avg(n_neurons) AS neurons, avg(n_projections) AS projections
FROM graph_info JOIN prompt USING(prompt_id) WHERE counterfactual_of IS NULL
