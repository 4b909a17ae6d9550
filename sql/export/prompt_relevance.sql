-- SPDX-License-Identifier: Apache-2.0
SELECT prompt_id, mode, m, m_reference, reason, n_parts FROM relevance ORDER BY prompt_id, mode
