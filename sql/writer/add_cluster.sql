-- SPDX-License-Identifier: Apache-2.0
INSERT INTO agg_cluster (
  kind, group_id, key, on_pairs, on_others, pairs_hi, pairs_lo, others, flow_pairs_hi, flow_pairs_lo, flow_others
) VALUES (
  :kind, :group_id, :key, :on_pairs, :on_others, :pairs_hi, :pairs_lo, :others, :flow_pairs_hi, :flow_pairs_lo, :flow_others
) ON CONFLICT DO UPDATE SET
  on_pairs = on_pairs + excluded.on_pairs,
  on_others = on_others + excluded.on_others,
  pairs_hi = pairs_hi + excluded.pairs_hi,
  pairs_lo = pairs_lo + excluded.pairs_lo,
  others = others + excluded.others,
  flow_pairs_hi = flow_pairs_hi + excluded.flow_pairs_hi,
  flow_pairs_lo = flow_pairs_lo + excluded.flow_pairs_lo,
  flow_others = flow_others + excluded.flow_others
