-- SPDX-License-Identifier: Apache-2.0
-- Graphs of the positions that relevances are of, the last ones.
SELECT EXISTS (SELECT 1 FROM relevance JOIN graph USING(graph_id))
