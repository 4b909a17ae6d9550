-- SPDX-License-Identifier: Apache-2.0
-- A mining: graphs that it says it saw.
SELECT 'mining ' || mining_id || ': n_graphs', n_graphs, 'at most ' || n FROM mining, (SELECT n FROM agg_group WHERE group_id = -1) WHERE n_graphs > n
UNION ALL
SELECT 'mining ' || mining_id || ': min_support', min_support, 'as in ' || parameters
FROM mining WHERE abs(min_support - CAST(substr(parameters, instr(parameters, 'min_support=') + 12) AS REAL)) > 1e-9
