-- SPDX-License-Identifier: Apache-2.0
INSERT INTO agg_relevance (
  group_id, mode, kind, layer, idx, n, n_on, sum, ssq_hi, ssq_lo, product_hi, product_lo
) VALUES (
  :group_id, :mode, :kind, :layer, :idx, :n, :n_on, :sum, :ssq_hi, :ssq_lo, :product_hi, :product_lo
) ON CONFLICT DO UPDATE SET
  n = n + excluded.n,
  n_on = n_on + excluded.n_on,
  sum = sum + excluded.sum,
  ssq_hi = ssq_hi + excluded.ssq_hi,
  ssq_lo = ssq_lo + excluded.ssq_lo,
  product_hi = product_hi + excluded.product_hi,
  product_lo = product_lo + excluded.product_lo
