-- SPDX-License-Identifier: Apache-2.0
-- What the tokens of each role are worth for the answers.
-- needs relevance: headwater run --relevance answer, contrast or both
-- :mode <mode> = NULL                 relevance by itself, or against the counterfactual; NULL: contrast where it is there
-- :group <group> = NULL               name of a group, NULL for all
-- :sample <count> = 1000              about so many prompts are read; 0: all
-- With a bias row the shares add up to 1.
WITH step AS (
  SELECT $sample_step(:sample) AS every
), taken AS MATERIALIZED (
  SELECT a.parts, a.m - coalesce(a.m_reference, 0) AS whole, p.roles
  FROM step, relevance a JOIN prompt p ON p.prompt_id = $prompt_of(a.graph_id)
  WHERE a.mode = coalesce(:mode, (SELECT max(mode) FROM relevance)) AND a.parts IS NOT NULL AND $is_sampled($prompt_of(a.graph_id), step.every)
    AND (:group IS NULL OR p.group_id IN (SELECT member_id FROM group_member WHERE group_id = :group))
), token_sum AS (
  SELECT hw_role_at(a.roles, r.source) AS role_id, sum(r.r) AS r FROM taken a, hw_relevance(a.parts) r WHERE r.kind IN ('token', 'bias') GROUP BY 1
)
SELECT coalesce(x.name, '(biases)') AS role, s.r / w.whole AS share, s.r / w.n AS relevance, w.n
FROM token_sum s CROSS JOIN (SELECT sum(whole) AS whole, count(*) AS n FROM taken) w LEFT JOIN role x USING(role_id)
ORDER BY abs(s.r) DESC, s.role_id
