-- SPDX-License-Identifier: Apache-2.0
INSERT INTO agg_group (group_id, n, n_prompts, others) VALUES (:group_id, :n, :n_prompts, :others)
ON CONFLICT DO UPDATE SET n = n + excluded.n, n_prompts = n_prompts + excluded.n_prompts, others = others + excluded.others
