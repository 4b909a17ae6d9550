-- SPDX-License-Identifier: Apache-2.0
SELECT $prompt_of(graph_id) AS prompt_id, * FROM knockout_pair ORDER BY certificate_id, graph_id, layer_a, kind_a, number_a, layer_b, kind_b, number_b
