-- SPDX-License-Identifier: Apache-2.0
SELECT $prompt_of(graph_id) AS prompt_id, * FROM certificate_curve ORDER BY certificate_id, graph_id, n_kept
