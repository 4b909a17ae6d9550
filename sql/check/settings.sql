-- SPDX-License-Identifier: Apache-2.0
-- Numbers that stand in `run` and in `setting`, and the prompts of a run with --limit.
SELECT 'run: ' || s.name, r.value, s.value
FROM setting s JOIN (SELECT 'threshold' AS name, threshold AS value FROM run UNION ALL SELECT 'floor', floor FROM run
  UNION ALL SELECT 'neuron-threshold', neuron_threshold FROM run) r USING(name)
WHERE CAST(s.value AS REAL) <> r.value
UNION ALL
SELECT 'run: n_prompts', n_prompts, 'at most ' || most
FROM run, (SELECT CAST(value AS INTEGER) * (1 + coalesce((SELECT value = 'yes' FROM setting WHERE name = 'counterfactual'), 0)) AS most
  FROM setting WHERE name = 'limit')
WHERE most > 0 AND n_prompts > most
