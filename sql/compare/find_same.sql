-- SPDX-License-Identifier: Apache-2.0
-- An earlier comparison that asked the same. Where all arrangements are taken (:exact), one that took more asked for as much: an earlier program
-- drew them at random; and no seed plays a part.
SELECT comparison_id FROM comparison
WHERE components = :components AND measure = :measure AND column_name IS :column_name AND a = :a AND b = :b
  AND other_database IS :other_database AND paired = :paired AND pair_column IS :pair_column AND cluster_column IS :cluster_column
  AND (n_permutations = :n_permutations OR (:exact AND n_permutations > :n_permutations)) AND (seed = :seed OR :exact) AND min_active = :min_active
