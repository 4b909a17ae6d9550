-- SPDX-License-Identifier: Apache-2.0
INSERT INTO agg_neuron (
  group_id, layer, neuron, n_on, sum, ssq, flow_sum, flow_ssq, max, ex
) VALUES (
  :group_id, :layer, :neuron, :n_on, :sum, :ssq, :flow_sum, :flow_ssq, :max, :ex
) ON CONFLICT DO UPDATE SET
  n_on = n_on + excluded.n_on,
  sum = sum + excluded.sum,
  ssq = ssq + excluded.ssq,
  flow_sum = flow_sum + excluded.flow_sum,
  flow_ssq = flow_ssq + excluded.flow_ssq,
  max = max(max, excluded.max),
  ex = CASE WHEN excluded.max > max OR (excluded.max = max AND excluded.ex < ex) THEN excluded.ex ELSE ex END
