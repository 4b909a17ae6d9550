-- SPDX-License-Identifier: Apache-2.0
INSERT INTO agg_head_source (
  group_id, layer, head, source, n_on, sum, flow_sum, max, ex
) VALUES (
  :group_id, :layer, :head, :source, :n_on, :sum, :flow_sum, :max, :ex
) ON CONFLICT DO UPDATE SET
  n_on = n_on + excluded.n_on,
  sum = sum + excluded.sum,
  flow_sum = flow_sum + excluded.flow_sum,
  max = max(max, excluded.max),
  ex = CASE WHEN excluded.max > max OR (excluded.max = max AND excluded.ex < ex) THEN excluded.ex ELSE ex END
