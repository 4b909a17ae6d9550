-- SPDX-License-Identifier: Apache-2.0
SELECT $prompt_of(graph_id), parts FROM main.relevance WHERE parts IS NOT NULL ORDER BY graph_id, mode
