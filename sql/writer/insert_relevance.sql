-- SPDX-License-Identifier: Apache-2.0
INSERT INTO relevance (
  graph_id, mode, m, m_reference, reason, n_parts, parts
) VALUES (
  :graph_id, :mode, :m, :m_reference, :reason, :n_parts, :parts
)
