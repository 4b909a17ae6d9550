-- SPDX-License-Identifier: Apache-2.0
-- The saved comparisons, as a text that changes with them: a number is taken again when its comparison was deleted. Of the components the best
-- ones: another comparison has others, and all of them can be a hundred thousand.
-- needs comparison: headwater compare DB --by COLUMN=A,B
SELECT json_group_array(json_array(comparison_id, components, measure, column_name, a, b, other_database, other_fingerprint, n_a, n_b, left_out_a, left_out_b, paired,
  pair_column, cluster_column, n_clusters, n_permutations, seed, min_active, n_components, n_rare, n_prompts,
  (SELECT json_array(sum(mean_a), sum(mean_b), sum(p), sum(q)) FROM comparison_component k WHERE k.comparison_id = c.comparison_id AND k.rank <= 20)))
FROM comparison c
