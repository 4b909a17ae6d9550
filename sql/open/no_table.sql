-- SPDX-License-Identifier: Apache-2.0
-- What stands in the place of a table: a view, which may never end, or a virtual table. tests/check/planted.py knows a table that is
-- missing here.
SELECT name FROM main.sqlite_schema
WHERE name IN ('relevance', 'agg_relevance', 'certificate', 'certificate_component', 'certificate_curve', 'certificate_run', 'knockout', 'knockout_pair',
'agg_answer', 'agg_cluster', 'agg_group', 'agg_head', 'agg_head_source', 'agg_item', 'agg_neuron', 'agg_role',
'agg_whole_answer', 'answer', 'answer_lens', 'chunk', 'circuit', 'circuit_break', 'circuit_edge', 'circuit_group', 'comparison',
'comparison_component', 'failed', 'graph', 'graph_info', 'group_member', 'group_value', 'item_graph', 'mining', 'model_head',
'neuron_token', 'process', 'process_stage', 'prompt', 'prompt_group', 'prompt_value', 'role', 'run', 'setting', 't_quantile', 'token')
  AND (type = 'view' OR sql LIKE 'CREATE VIRTUAL%') LIMIT 1
