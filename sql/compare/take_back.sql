-- SPDX-License-Identifier: Apache-2.0
INSERT INTO comparison(comparison_id, components, measure, column_name, a, b, other_database, other_fingerprint, n_a, n_b, left_out_a, left_out_b,
  paired, pair_column, cluster_column, n_clusters, unit, exchange, n_units, n_permutations, seed, least_p, min_active, n_components, n_rare, n_prompts)
SELECT comparison_id, components, measure, column_name, a, b, other_database, other_fingerprint, n_a, n_b, left_out_a, left_out_b,
  paired, pair_column, cluster_column, n_clusters, unit, exchange, n_units, n_permutations, seed, least_p, min_active, n_components, n_rare, n_prompts FROM comparison_before;
DROP TABLE comparison_before
