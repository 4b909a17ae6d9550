-- SPDX-License-Identifier: Apache-2.0
-- Pairs of heads that are active in the same graphs more often than chance would have it.
-- A scan of all graphs.
-- :least <number> = 0.05  share of the graphs where both must be active
-- :most <number> = 0.95   leaves out heads that are active in more than this share, for they go with all
-- :limit <count> = 20     rows, 0 for all
-- lift: observed over expected if independent; phi: correlation of the two being active.
SELECT 'L' || p.layer_a || 'H' || p.head_a AS head_a, 'L' || p.layer_b || 'H' || p.head_b AS head_b,
  p.n_both * 1.0 / p.n AS frequency, p.n_a * 1.0 / p.n AS frequency_a, p.n_b * 1.0 / p.n AS frequency_b, p.n_both * 1.0 * p.n / p.n_a / p.n_b AS lift,
  (p.n * 1.0 * p.n_both - p.n_a * 1.0 * p.n_b) / sqrt(p.n_a * 1.0 * p.n_b * (p.n - p.n_a) * (p.n - p.n_b)) AS phi, p.n_both AS n_active, p.n
FROM (SELECT hw_count_pairs(heads) AS pairs FROM graph WHERE graph_id < $own_graphs_end) c, hw_pairs(c.pairs) p
WHERE p.n_both >= :least * p.n AND p.n_a <= :most * p.n AND p.n_b <= :most * p.n
ORDER BY lift DESC, n_active DESC, p.layer_a, p.head_a, p.layer_b, p.head_b LIMIT $limit_or_all
