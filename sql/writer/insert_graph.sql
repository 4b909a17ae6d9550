-- SPDX-License-Identifier: Apache-2.0
INSERT INTO graph (
  graph_id, edges, heads, neurons, projections
) VALUES (
  :graph_id, :edges, :heads, :neurons, :projections
)
