-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM head_relevance ORDER BY mode, layer, head
