-- SPDX-License-Identifier: Apache-2.0
-- The source "anywhere" of a head has its graphs and its flow; its largest importance is no larger than their number.
SELECT 'agg_head_source ' || group_id || ', L' || layer || 'H' || head || ': n_on anywhere', s.n_on, h.n_on
FROM agg_head h LEFT JOIN (SELECT * FROM agg_head_source WHERE source = 0) s USING(group_id, layer, head) WHERE s.n_on IS NOT h.n_on
UNION ALL
SELECT 'agg_head ' || group_id || ', L' || layer || 'H' || head || ': n_on', h.n_on, 'at most ' || g.n FROM agg_head h JOIN agg_group g USING(group_id) WHERE h.n_on > g.n
UNION ALL
SELECT 'agg_neuron ' || group_id || ', L' || layer || 'N' || neuron || ': n_on', h.n_on, 'at most ' || g.n
FROM agg_neuron h JOIN agg_group g USING(group_id) WHERE h.n_on > g.n
