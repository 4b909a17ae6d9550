-- SPDX-License-Identifier: Apache-2.0
-- Numbers of a comparison, from its rows.
SELECT 'comparison ' || comparison_id || ': n_components', n_components, n_found
FROM (SELECT c.comparison_id, c.n_components, (SELECT count(*) FROM comparison_component k WHERE k.comparison_id = c.comparison_id) AS n_found
  FROM comparison c) WHERE n_components <> n_found
UNION ALL
SELECT 'comparison ' || comparison_id || ': n_prompts', n_prompts, 'at most ' || n_found
FROM comparison, (SELECT count(*) AS n_found FROM prompt) WHERE n_prompts > n_found
UNION ALL
SELECT 'comparison ' || comparison_id || ': n_a, n_b', n_a || ', ' || n_b, 'the same, as it is paired' FROM comparison WHERE paired AND n_a <> n_b
UNION ALL
SELECT 'comparison ' || comparison_id || ': n_clusters', n_clusters, '0, as there is no column of clusters'
FROM comparison WHERE cluster_column IS NULL AND n_clusters > 0
UNION ALL
SELECT 'comparison ' || comparison_id || ': least_p', least_p, 'between 1 / (n_permutations + 1) and 1'
FROM comparison WHERE NOT (least_p >= 0.999999 / (n_permutations + 1) AND least_p <= 1)
UNION ALL
SELECT 'comparison ' || comparison_id || ': p of ' || name, p, 'at least ' || least_p || ' (least_p); where an earlier program made it, compare again'
FROM comparison JOIN comparison_component USING(comparison_id) WHERE p < 0.999999 * least_p
