-- SPDX-License-Identifier: Apache-2.0
SELECT mode, m, m_reference, reason, parts FROM relevance WHERE $is_graph_of(graph_id, :prompt) ORDER BY mode
