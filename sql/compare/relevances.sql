-- SPDX-License-Identifier: Apache-2.0
SELECT parts FROM relevance WHERE $is_graph_of(graph_id, :prompt_id) AND mode = :mode AND parts IS NOT NULL
