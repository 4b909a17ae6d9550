-- SPDX-License-Identifier: Apache-2.0
-- Comparisons that `headwater compare` saved: what differs between two groups or databases; the best components of each.
-- stale: made before the last prompts were stored.
-- needs comparison: headwater compare DB --by COLUMN=A,B
-- :comparison <comparison> = NULL  comparison_id, NULL for all
-- :limit <count> = 1               components of each, 0 for all
SELECT c.comparison_id, c.components, c.measure, c.column_name AS "column", c.a, c.b, c.n_a, c.n_b, c.paired,
  c.cluster_column AS clusters, c.unit, c.n_units, c.n_permutations, c.seed, k.rank, k.name, k.source_role, k.target_role,
  k.difference, k.ci_lo, k.ci_hi, k.effect, k.p, k.q,
  c.n_prompts <> (SELECT sum(n_prompts - n_failed) FROM chunk) AS stale
FROM comparison c LEFT JOIN comparison_component k ON k.comparison_id = c.comparison_id AND $is_within_limit(k.rank)
WHERE :comparison IS NULL OR c.comparison_id = :comparison ORDER BY c.comparison_id, k.rank
