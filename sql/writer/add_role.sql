-- SPDX-License-Identifier: Apache-2.0
INSERT INTO agg_role (
  group_id, layer, role_id, n_on, sum, ssq, max, ex
) VALUES (
  :group_id, :layer, :role_id, :n_on, :sum, :ssq, :max, :ex
) ON CONFLICT DO UPDATE SET
  n_on = n_on + excluded.n_on,
  sum = sum + excluded.sum,
  ssq = ssq + excluded.ssq,
  max = max(max, excluded.max),
  ex = CASE WHEN excluded.max > max OR (excluded.max = max AND excluded.ex < ex) THEN excluded.ex ELSE ex END
