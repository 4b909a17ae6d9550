-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM ffn_relevance ORDER BY group_id, mode, layer
