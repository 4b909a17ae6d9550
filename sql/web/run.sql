-- SPDX-License-Identifier: Apache-2.0
-- The run: its model and data, how much of it is stored, groups, roles, settings.
-- A run with counterfactuals has one for each of its own prompts, behind them.
WITH part AS (SELECT shard, n_shards, max(shard_prompts) AS n FROM process GROUP BY shard, n_shards), only AS (SELECT * FROM part WHERE shard IS NOT NULL AND (SELECT count(*) FROM part) = 1), planned AS (
  SELECT *, CASE WHEN EXISTS (SELECT 1 FROM setting WHERE name = 'counterfactual' AND value = 'yes') THEN n_prompts / 2 ELSE 0 END AS counterfactuals
  FROM run
)
SELECT json_object(
  'model', model_name, 'model_fingerprint', model_fingerprint, 'family', model_family, 'layers', n_layers, 'heads', n_heads, 'kv_heads', n_kv_heads, 'd_model', d_model, 'd_ffn', d_ffn,
  'vocabulary', vocab_size, 'parallel', json(iif(parallel_block, 'true', 'false')),
  'dataset', dataset_name, 'fingerprint', fingerprint,
  'prompts', n_prompts - counterfactuals,
  'done', (SELECT coalesce(sum(n_prompts - n_failed), 0) FROM chunk),
  'failed', (SELECT coalesce(sum(n_failed), 0) FROM chunk),
  'counterfactuals', (SELECT coalesce(max(n_prompts), 0) FROM agg_group WHERE group_id = -2),
  'counterfactuals_planned', counterfactuals,
  'planned', coalesce((SELECT n FROM only), n_prompts),
  'shard', (SELECT json_object('number', shard, 'of', n_shards) FROM only),
  'threshold', hw_json_number(threshold), 'floor', hw_json_number(floor), 'neuron_threshold', hw_json_number(neuron_threshold),
  'project', (SELECT value FROM setting WHERE name = 'project'),
  'groups', (SELECT json_group_array(json_object('id', group_id, 'name', name, 'prompts', n, 'marginal', json(iif(marginal, 'true', 'false'))))
    FROM (SELECT g.group_id, g.name, g.marginal, coalesce(s.n_prompts, 0) AS n FROM prompt_group g LEFT JOIN agg_group s USING(group_id)
      ORDER BY g.marginal DESC, g.group_id)),
  'roles', (SELECT json_group_array(name) FROM (SELECT name FROM role ORDER BY role_id)),
  'settings', (SELECT json_group_object(name, value) FROM (SELECT name, value FROM setting ORDER BY name)))
FROM planned
