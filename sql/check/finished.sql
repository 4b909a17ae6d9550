-- SPDX-License-Identifier: Apache-2.0
-- Of a finished run: every prompt is there.
SELECT 'run: n_prompts', n_prompts, n_found FROM run, (SELECT coalesce(sum(n_prompts), 0) AS n_found FROM chunk) WHERE n_prompts <> n_found
