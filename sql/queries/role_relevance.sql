-- SPDX-License-Identifier: Apache-2.0
-- What the tokens of each role are worth for the answers.
-- needs relevance: headwater run --relevance answer, contrast or both
-- :mode <mode> = NULL                 relevance by itself, or against the counterfactual; NULL: contrast where it is there
-- :group <group> = NULL               name of a group, NULL for all
-- :sample <count> = 1000              about so many prompts are read; 0: all
-- With a bias row the shares add up to 1.
WITH $taken_relevances(p.roles, ), token_sum AS (
  SELECT hw_role_at(a.roles, r.source) AS role_id, sum(r.r) AS r FROM taken a, hw_relevance(a.parts) r WHERE r.kind IN ('token', 'bias') GROUP BY 1
)
SELECT coalesce(x.name, '(biases)') AS role, s.r / w.whole AS share, s.r / w.n AS relevance, w.n
FROM token_sum s CROSS JOIN (SELECT sum(whole) AS whole, count(*) AS n FROM taken) w LEFT JOIN role x USING(role_id)
ORDER BY abs(s.r) DESC, s.role_id
