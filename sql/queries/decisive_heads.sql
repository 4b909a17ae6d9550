-- SPDX-License-Identifier: Apache-2.0
-- Heads that the answer of a prompt depends on while the routes of that prompt do not show them.
-- needs relevance: headwater run --relevance answer, contrast or both
-- needs graph: headwater run with graphs of last positions (see its --targets)
-- :mode <mode> = NULL                 relevance by itself, or against the counterfactual; NULL: contrast where it is there
-- :group <group> = NULL               name of a group, NULL for all
-- :share <number> = 0.05              least share of the answer's margin, either way
-- :sample <count> = 1000              about so many prompts are read; 0: all
-- :limit <count> = 20                 rows, 0 for all
-- missed: prompts where the head has such a share and its importance is nowhere above the threshold; decisive: where it has such a share.
-- share and example_prompt are of the prompts where it is missed; headwater trace --knockout counterfactual checks it there.
WITH $relevant_graphs, decisive AS (
  SELECT a.graph_id, r.layer, r.head, r.r, r.share, a.whole, EXISTS (SELECT 1 FROM hw_heads(a.heads) h
      WHERE h.layer = r.layer AND h.head = r.head AND h.importance > (SELECT threshold FROM run)) AS shown
  FROM taken a, hw_relevance(a.parts) r WHERE r.kind = 'head' AND abs(r.share) > :share
)
SELECT 'L' || layer || 'H' || head AS head, sum(NOT shown) AS missed, count(*) AS decisive, (SELECT count(*) FROM taken) AS n,
  sum(r) FILTER (WHERE NOT shown) / sum(whole) FILTER (WHERE NOT shown) AS share, max(abs(share)) FILTER (WHERE NOT shown) AS largest,
  (SELECT $prompt_of(d.graph_id) FROM decisive d WHERE d.layer = x.layer AND d.head = x.head AND NOT d.shown ORDER BY abs(d.share) DESC, d.graph_id LIMIT 1) AS example_prompt
FROM decisive x GROUP BY x.layer, x.head HAVING missed > 0 ORDER BY missed DESC, x.layer, x.head LIMIT $limit_or_all
