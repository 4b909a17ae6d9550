-- SPDX-License-Identifier: Apache-2.0
-- Numbers of a compared component, from each other; q is Benjamini and Hochberg's of the p of its comparison.
WITH ordered AS (
  SELECT k.*, lag(k.rank, 1, 0) OVER ranks AS rank_before, lag(k.p, 1, 0) OVER ranks AS p_before,
    min(k.p * c.n_components / k.rank) OVER (PARTITION BY k.comparison_id ORDER BY k.rank ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS wanted_q
  FROM comparison_component k JOIN comparison c USING(comparison_id)
  WINDOW ranks AS (PARTITION BY k.comparison_id ORDER BY k.rank)
)
SELECT 'comparison_component ' || comparison_id || ', rank ' || rank || ': rank', rank, rank_before + 1 FROM ordered WHERE rank <> rank_before + 1
UNION ALL
SELECT 'comparison_component ' || comparison_id || ', rank ' || rank || ': difference', difference, mean_a - mean_b
FROM ordered WHERE abs(difference - (mean_a - mean_b)) > 1e-9 * (abs(mean_a) + abs(mean_b))
UNION ALL
SELECT 'comparison_component ' || comparison_id || ', rank ' || rank || ': p', p, 'in order, behind ' || p_before FROM ordered WHERE p < p_before OR p > 1
UNION ALL
SELECT 'comparison_component ' || comparison_id || ', rank ' || rank || ': q', q, min(1, wanted_q) FROM ordered WHERE abs(q - min(1, wanted_q)) > 1e-9
UNION ALL
SELECT 'comparison_component ' || comparison_id || ', rank ' || rank || ': ci_lo, ci_hi', ci_lo || ', ' || ci_hi, 'around ' || difference
FROM ordered WHERE abs((ci_lo + ci_hi) / 2 - difference) > 1e-9 * (abs(ci_lo) + abs(ci_hi) + abs(difference))
UNION ALL
SELECT 'comparison_component ' || comparison_id || ', rank ' || rank || ': active_a, active_b', active_a || ', ' || active_b, 'at most ' || n_a || ', ' || n_b
FROM comparison_component JOIN comparison USING(comparison_id) WHERE active_a NOT BETWEEN 0 AND n_a OR active_b NOT BETWEEN 0 AND n_b
UNION ALL
SELECT 'comparison_component ' || k.comparison_id || ', rank ' || k.rank || ': its comparison', 'none', 'one of the table comparison'
FROM comparison_component k LEFT JOIN comparison c USING(comparison_id) WHERE c.comparison_id IS NULL
