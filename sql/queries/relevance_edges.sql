-- SPDX-License-Identifier: Apache-2.0
-- The edges that answers depend on, aligned by role: sums of the parts of the prompts.
-- needs relevance: headwater run --relevance answer, contrast or both
-- :mode <mode> = NULL                 relevance by itself, or against the counterfactual; NULL: contrast where it is there
-- :group <group> = NULL               name of a group, NULL for all
-- :threshold <number> = NULL          share above which parts of a prompt count, from the floor of the run upwards; NULL for the run's own
-- :sample <count> = 1000              about so many prompts are read; 0: all
-- :limit <count> = 20                 rows, 0 for all
-- share: sum over the prompts of such parts, over the sum of what is divided; n_active: prompts that have one.
WITH $taken_relevances(p.roles, ), part AS (
  SELECT a.graph_id, r.kind, r.layer, r.head, hw_role_at(a.roles, r.source) AS source, hw_role_at(a.roles, r.target) AS target, r.r, r.value, r.key
  FROM taken a, hw_relevance(a.parts, :threshold) r WHERE r.kind IN ('attention', 'ffn', 'query')
), summed AS (
  SELECT kind, layer, head, source, target, count(DISTINCT graph_id) AS n_active, sum(r) AS r, sum(value) AS value, sum(key) AS key
  FROM part GROUP BY kind, layer, head, source, target
)
SELECT s.kind, iif(s.kind = 'ffn', 'FFN' || s.layer, 'L' || s.layer || 'H' || s.head) AS component, x.name AS source_role, y.name AS target_role,
  s.r / w.whole AS share, s.value / w.whole AS value, s.key / w.whole AS key, s.n_active, w.n
FROM summed s CROSS JOIN (SELECT sum(whole) AS whole, count(*) AS n FROM taken) w
LEFT JOIN role x ON x.role_id = s.source LEFT JOIN role y ON y.role_id = s.target
ORDER BY abs(s.r) DESC, s.kind, s.layer, s.head, s.source, s.target LIMIT $limit_or_all
