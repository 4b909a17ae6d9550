-- SPDX-License-Identifier: Apache-2.0
SELECT graph_id, edges, heads, neurons, projections FROM main.graph ORDER BY graph_id
