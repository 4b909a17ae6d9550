-- SPDX-License-Identifier: Apache-2.0
-- Heads that the routes of a prompt show while its answer does not depend on them.
-- needs relevance: headwater run --relevance answer, contrast or both
-- needs graph: headwater run with graphs of last positions (see its --targets)
-- :mode <mode> = NULL                 relevance by itself, or against the counterfactual; NULL: contrast where it is there
-- :group <group> = NULL               name of a group, NULL for all
-- :share <number> = 0.05              largest share of the answer's margin, either way
-- :sample <count> = 1000              about so many prompts are read; 0: all
-- :limit <count> = 20                 rows, 0 for all
-- idle: prompts where the head's importance is above the threshold and its share is no larger; shown: where its importance is above it.
-- importance is the mean where it is idle.
WITH $relevant_graphs, shown AS (
  SELECT a.graph_id, h.layer, h.head, h.importance, (SELECT abs(r.share) <= :share FROM hw_relevance(a.parts) r
      WHERE r.kind = 'head' AND r.layer = h.layer AND r.head = h.head) AS idle
  FROM taken a, hw_heads(a.heads) h WHERE h.importance > (SELECT threshold FROM run)
)
SELECT 'L' || layer || 'H' || head AS head, sum(idle) AS idle, count(*) AS shown, (SELECT count(*) FROM taken) AS n,
  avg(importance) FILTER (WHERE idle) AS importance
FROM shown GROUP BY layer, head HAVING sum(idle) > 0 ORDER BY 2 DESC, layer, head LIMIT $limit_or_all
