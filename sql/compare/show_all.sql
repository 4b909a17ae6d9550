-- SPDX-License-Identifier: Apache-2.0
SELECT rank, name, layer, head, neuron, kind, source_role, target_role, mean_a, mean_b, difference, ci_lo, ci_hi, effect,
  standard_error, df, p, q, active_a, active_b
FROM comparison_component ORDER BY rank LIMIT :most
