-- SPDX-License-Identifier: Apache-2.0
SELECT comparison_id, components, measure, column_name, a, b, other_database, other_fingerprint, n_prompts, n_a, n_b, left_out_a, left_out_b, paired, pair_column,
  cluster_column, n_clusters, unit, exchange, n_units, n_permutations, seed, least_p, min_active, n_components, n_rare
FROM comparison ORDER BY comparison_id
