-- SPDX-License-Identifier: Apache-2.0
SELECT name || CASE WHEN source_role IS NULL THEN '' ELSE ' ' || source_role || ' -> ' || target_role END AS component,
  mean_a, mean_b, difference, ci_lo, ci_hi, effect, p, q
FROM comparison_component ORDER BY rank LIMIT :most
