-- SPDX-License-Identifier: Apache-2.0
SELECT g.edges, g.neurons, g.projections, i.predicted_id, i.predicted_logit, i.predicted_probability, g.graph_id
FROM graph g JOIN graph_info i USING(graph_id)
WHERE $is_graph_of(g.graph_id, :prompt) ORDER BY g.graph_id
