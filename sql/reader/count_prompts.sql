-- SPDX-License-Identifier: Apache-2.0
SELECT (SELECT coalesce(sum(n_prompts - n_failed), 0) FROM chunk) AS stored, (SELECT coalesce(sum(n_failed), 0) FROM chunk) AS failed,
  n_prompts AS planned
FROM run
